#include "vision/contract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

Json detector() {
  return Json::parse(R"({
    "export_format": "onnx", "model_name": "yolo11n", "task_type": "detection", "input_shape": [320, 640, 3],
    "input_dtype": "float32", "output_shape": [[1, 6, 100]], "class_names": ["cat", "dog"],
    "confidence_threshold": 0.3, "iou_threshold": 0.6,
    "preprocessing": {"mean": [0, 0, 0], "std": [1, 1, 1], "color_space": "RGB", "resize_mode": "letterbox",
                      "normalize": true, "size": [320, 640], "interpolation": "bilinear", "pad_value": 114},
    "postprocessing": {"apply_nms": true, "nms_method": "hard", "coordinate_format": "xywh",
                       "coordinate_unit": "input pixels", "max_detections": 100, "class_agnostic": true},
    "extra_metadata": {"source_task": "detect", "files": [{"name": "model.onnx"}],
                       "inputs": [{"name": "images", "dtype": "float32", "layout": "NCHW", "shape": [2, 3, 320, 640]}],
                       "outputs": [{"name": "output0"}]}})");
}

PredictionKind kind_of(const Json& metadata) {
  const auto contract = read_contract(metadata);
  EXPECT_TRUE(contract) << (contract ? "" : contract.error().text());
  return contract ? contract->output.kind : PredictionKind::kClasses;
}

TEST(Contract, SaysWhatMetadataSays) {
  const auto contract = read_contract(detector());
  ASSERT_TRUE(contract) << contract.error().text();
  EXPECT_EQ(contract->file, "model.onnx");
  EXPECT_EQ(contract->input.height, 320);
  EXPECT_EQ(contract->input.width, 640);
  EXPECT_EQ(contract->input.batch, 2);
  EXPECT_EQ(contract->input.mode, FitMode::kLetterbox);
  EXPECT_EQ(contract->output.kind, PredictionKind::kBoxes);
  EXPECT_EQ(contract->output.rows, RowState::kCandidates);
  Json with_objectness = detector();
  with_objectness["extra_metadata"]["outputs"][0]["channel_groups"] = {{{"name", "boxes"}}, {{"name", "objectness"}}};
  EXPECT_EQ(read_contract(with_objectness)->output.rows, RowState::kObjectnessCandidates);
  EXPECT_EQ(contract->output.scope, ClassScope::kAgnostic);
  EXPECT_EQ(contract->output.max_detections, 100);
  EXPECT_DOUBLE_EQ(contract->output.confidence, 0.3);
  EXPECT_DOUBLE_EQ(contract->output.iou, 0.6);
  EXPECT_THAT(contract->output.names, testing::ElementsAre("output0"));
}

TEST(Contract, UnitsAreOfTheGroupsElseOfThePostprocessing) {
  Json metadata = detector();
  metadata["postprocessing"]["coordinate_unit"] = "parts of the input";
  EXPECT_EQ(read_contract(metadata)->output.unit, CoordinateUnit::kFraction);
  EXPECT_EQ(read_contract(metadata)->output.keypoint_unit, CoordinateUnit::kFraction);
  metadata["extra_metadata"]["outputs"][0]["channel_groups"] = {
      {{"name", "boxes"}, {"unit", "input pixels"}}, {{"name", "keypoints_x"}, {"unit", "parts of the input's width"}}};
  EXPECT_EQ(read_contract(metadata)->output.unit, CoordinateUnit::kInputPixels);
  EXPECT_EQ(read_contract(metadata)->output.keypoint_unit, CoordinateUnit::kFraction);
}

TEST(Contract, OfAnotherExporterNeedsNoExtraMetadata) {
  const auto contract = read_contract(Json::parse(R"({
    "export_format": "onnx", "task_type": "classification", "input_shape": [3, 224, 224], "input_dtype": "float32",
    "output_shape": [[1, 2]], "class_names": ["a", "b"], "top_k": 1,
    "preprocessing": {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], "color_space": "RGB"}})"));
  ASSERT_TRUE(contract) << contract.error().text();
  EXPECT_EQ(contract->input.channels, 3);
  EXPECT_EQ(contract->input.height, 224);
  EXPECT_EQ(contract->input.mode, FitMode::kStretch);
  EXPECT_EQ(contract->output.kind, PredictionKind::kClasses);
  EXPECT_DOUBLE_EQ(contract->input.std[2], 0.225);
}

TEST(Contract, TellsTasksApart) {
  Json metadata = detector();
  metadata["postprocessing"]["coordinate_format"] = "xywhr";
  EXPECT_EQ(kind_of(metadata), PredictionKind::kOrientedBoxes);
  metadata = detector();
  metadata["extra_metadata"]["source_task"] = "obb";
  EXPECT_EQ(kind_of(metadata), PredictionKind::kOrientedBoxes);
  metadata = detector();
  metadata["task_type"] = "segmentation";
  metadata["extra_metadata"]["source_task"] = "segment";
  EXPECT_EQ(kind_of(metadata), PredictionKind::kMasks);
  metadata["extra_metadata"]["source_task"] = "semantic";
  EXPECT_EQ(kind_of(metadata), PredictionKind::kClassMap);
  metadata["task_type"] = "pose";
  metadata["num_keypoints"] = 2;
  metadata["skeleton"] = Json::parse("[[1, 2], [2, 3], [0, 1]]");
  const auto pose = read_contract(metadata);
  ASSERT_TRUE(pose);
  EXPECT_EQ(pose->output.kind, PredictionKind::kPoses);
  EXPECT_EQ(pose->output.skeleton.size(), 1u) << "pairs beyond the keypoints are left out";
}

TEST(Contract, NamesWhatItCannotUse) {
  const auto error_of = [](const Json& metadata) {
    const auto contract = read_contract(metadata);
    return contract ? std::string("accepted") : contract.error().text();
  };
  Json metadata = detector();
  metadata["preprocessing"]["resize_mode"] = "squeeze";
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("resize_mode is \"squeeze\""));
  metadata = detector();
  metadata["input_shape"] = {320, 640, 8};
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("8 channels"));
  metadata = detector();
  metadata["preprocessing"]["std"] = {1, 0, 1};
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("std"));
  metadata = detector();
  metadata["preprocessing"]["size"] = {0, 640};
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("input size"));
  metadata = detector();
  metadata["task_type"] = "depth";
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("depth"));
  metadata = detector();
  metadata["iou_threshold"] = "high";
  metadata["postprocessing"]["iou_threshold"] = "high";
  EXPECT_THAT(error_of(metadata), testing::HasSubstr("iou_threshold"));
  EXPECT_THAT(error_of(Json::array()), testing::HasSubstr("not an object"));
  EXPECT_THAT(error_of(Json::object()), testing::HasSubstr("input_shape"));
}

}  // namespace
}  // namespace modelport
