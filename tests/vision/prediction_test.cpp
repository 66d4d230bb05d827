#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "recorded_vision.h"
#include "vision/draw.h"
#include "vision/mask.h"
#include "vision/prediction.h"

namespace modelport {
namespace {

Placement photo_placement(const ArtifactContract& contract) {
  return fit(Image(200, 149, 3), contract.input).placement;
}

Prediction predicted(const ArtifactContract& contract, const std::vector<std::string>& outputs) {
  std::vector<Tensor> tensors;
  for (const std::string& name : outputs) tensors.push_back(recorded_vision(name));
  auto prediction = interpret(tensors, 0, contract, photo_placement(contract));
  EXPECT_TRUE(prediction) << (prediction ? "" : prediction.error().text());
  return prediction ? *std::move(prediction) : Prediction();
}

/// Every detection as the framework's row: box, score, class.
void expect_rows(const Prediction& prediction, const Tensor& recorded) {
  const std::vector<float> rows = recorded.to_floats();
  const auto columns = static_cast<size_t>(recorded.shape()[1]);
  ASSERT_EQ(static_cast<int64_t>(prediction.detections.size()), recorded.shape()[0]);
  ASSERT_GT(recorded.shape()[0], 1) << "a test of nothing";
  for (size_t i = 0; i < prediction.detections.size(); ++i) {
    const Detection& detection = prediction.detections[i];
    const float* row = rows.data() + i * columns;
    for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(detection.box[c], row[c], 1e-4) << i;
    EXPECT_FLOAT_EQ(static_cast<float>(detection.score), row[4]);
    EXPECT_EQ(detection.class_index, static_cast<int64_t>(row[5]));
  }
}

TEST(Predictions, BoxesAreSuppressedAsTheFrameworkDoes) {
  ArtifactContract contract = recorded_contract(PredictionKind::kBoxes, 3);
  expect_rows(predicted(contract, {"boxes/raw"}), recorded_vision("boxes/usual"));
  contract.output.scope = ClassScope::kAgnostic;
  expect_rows(predicted(contract, {"boxes/raw"}), recorded_vision("boxes/agnostic"));
  contract.output.scope = ClassScope::kPerClass;
  contract.output.max_detections = 5;
  expect_rows(predicted(contract, {"boxes/raw"}), recorded_vision("boxes/five"));
  contract.output.max_detections = 300;
  contract.output.iou = 0.3;
  contract.output.confidence = 0.5;
  expect_rows(predicted(contract, {"boxes/raw"}), recorded_vision("boxes/tight"));
}

TEST(Predictions, ObjectnessIsMultipliedWithClassScores) {
  ArtifactContract contract = recorded_contract(PredictionKind::kBoxes, 3);
  contract.output.rows = RowState::kObjectnessCandidates;
  const Tensor raw = recorded_vision("boxes/raw");
  const std::vector<float> columns = raw.to_floats();
  const int64_t anchors = raw.shape()[2];
  std::vector<float> rows;
  for (int64_t anchor = 0; anchor < anchors; ++anchor) {
    // Powers of two, so that the products are the recorded scores again.
    const float objectness = anchor % 2 == 0 ? 0.5F : 0.25F;
    for (int64_t channel = 0; channel < 7; ++channel) {
      if (channel == 4) rows.push_back(objectness);
      const float value = columns[static_cast<size_t>(channel * anchors + anchor)];
      rows.push_back(channel < 4 ? value : value / objectness);
    }
  }
  const std::vector<Tensor> outputs = {Tensor::from_floats({1, anchors, 8}, rows)};
  const auto prediction = interpret(outputs, 0, contract, photo_placement(contract));
  ASSERT_TRUE(prediction) << prediction.error().text();
  expect_rows(*prediction, recorded_vision("boxes/usual"));
  contract.class_names.emplace_back("one too many");
  EXPECT_FALSE(interpret(outputs, 0, contract, photo_placement(contract)));
}

TEST(Predictions, SelectedRowsNeedOnlyTheConfidence) {
  ArtifactContract contract = recorded_contract(PredictionKind::kBoxes, 3);
  contract.output.rows = RowState::kSelected;
  contract.output.corners = CornerFormat::kCorners;
  expect_rows(predicted(contract, {"rows/raw"}), recorded_vision("rows/usual"));
}

TEST(Predictions, FractionsOfTheInputAreScaled) {
  ArtifactContract contract = recorded_contract(PredictionKind::kBoxes, 1);
  contract.input.mode = FitMode::kStretch;
  contract.output.rows = RowState::kSelected;
  contract.output.unit = CoordinateUnit::kFraction;
  const std::vector<Tensor> outputs = {Tensor::from_floats({1, 1, 6}, {0.5F, 0.5F, 0.5F, 0.25F, 0.9F, 0.0F})};
  const auto prediction = interpret(outputs, 0, contract, photo_placement(contract));
  ASSERT_TRUE(prediction) << prediction.error().text();
  ASSERT_EQ(prediction->detections.size(), 1u);
  const std::array<double, 4> expected = {50.0, 149 * 0.375, 150.0, 149 * 0.625};
  for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(prediction->detections[0].box[i], expected[i], 1e-4);
}

TEST(Predictions, OrientedBoxesAreSuppressedAsTheFrameworkDoes) {
  ArtifactContract contract = recorded_contract(PredictionKind::kOrientedBoxes, 3);
  contract.output.iou = 0.4;
  const Prediction prediction = predicted(contract, {"oriented/raw"});
  const Tensor recorded = recorded_vision("oriented/usual");
  const std::vector<float> rows = recorded.to_floats();
  const std::vector<float> corners = recorded_vision("oriented/corners").to_floats();
  ASSERT_EQ(static_cast<int64_t>(prediction.detections.size()), recorded.shape()[0]);
  ASSERT_GT(prediction.detections.size(), 5u);
  for (size_t i = 0; i < prediction.detections.size(); ++i) {
    const Detection& detection = prediction.detections[i];
    for (size_t c = 0; c < 4; ++c) EXPECT_NEAR(detection.box[c], rows[i * 7 + c], 1e-4) << i;
    EXPECT_NEAR(detection.angle, rows[i * 7 + 4], 1e-6);
    EXPECT_FLOAT_EQ(static_cast<float>(detection.score), rows[i * 7 + 5]);
    EXPECT_EQ(detection.class_index, static_cast<int64_t>(rows[i * 7 + 6]));
    const auto drawn = corners_of(detection, prediction.kind);
    for (size_t c = 0; c < 4; ++c) {
      EXPECT_NEAR(drawn[c].x, corners[i * 8 + c * 2], 1e-3);
      EXPECT_NEAR(drawn[c].y, corners[i * 8 + c * 2 + 1], 1e-3);
    }
  }
}

TEST(Predictions, MasksAreAssembledAsTheFrameworkDoes) {
  ArtifactContract contract = recorded_contract(PredictionKind::kMasks, 2);
  contract.output.confidence = 0.5;
  contract.output.iou = 0.4;
  const Prediction prediction = predicted(contract, {"masks/raw", "masks/prototypes"});
  expect_rows(prediction, recorded_vision("masks/boxes"));
  const std::vector<float> expected = recorded_vision("masks/masks").to_floats();
  size_t wrong = 0, set = 0;
  for (size_t i = 0; i < prediction.detections.size(); ++i) {
    const InstanceMask& mask = prediction.detections[i].mask;
    ASSERT_EQ(mask.pixels.size(), size_t{64 * 96});
    for (size_t p = 0; p < mask.pixels.size(); ++p) {
      wrong += mask.pixels[p] != static_cast<uint8_t>(expected[i * mask.pixels.size() + p]);
      set += mask.pixels[p];
    }
  }
  EXPECT_GT(set, 100u);
  EXPECT_EQ(wrong, 0u);
}

TEST(Predictions, KeypointsLeadBackIntoThePicture) {
  ArtifactContract contract = recorded_contract(PredictionKind::kPoses, 1);
  contract.output.keypoints = 4;
  contract.output.iou = 0.5;
  const Prediction prediction = predicted(contract, {"poses/raw"});
  expect_rows(prediction, recorded_vision("poses/boxes"));
  const std::vector<float> expected = recorded_vision("poses/keypoints").to_floats();
  for (size_t i = 0; i < prediction.detections.size(); ++i) {
    ASSERT_EQ(prediction.detections[i].keypoints.size(), 4u);
    for (size_t k = 0; k < 4; ++k) {
      const Keypoint& point = prediction.detections[i].keypoints[k];
      EXPECT_NEAR(point.x, expected[i * 12 + k * 3], 1e-4);
      EXPECT_NEAR(point.y, expected[i * 12 + k * 3 + 1], 1e-4);
      EXPECT_NEAR(point.confidence, expected[i * 12 + k * 3 + 2], 1e-6);
    }
  }
}

TEST(Predictions, ClassMapsAreTheFrameworks) {
  const ArtifactContract contract = recorded_contract(PredictionKind::kClassMap, 3);
  for (const char* name : {"logits", "numbers"}) {
    const Prediction prediction = predicted(contract, {std::string("class_map/") + name});
    const Tensor recorded = recorded_vision(std::string("class_map/of_") + name);
    ASSERT_EQ(recorded.shape(), (Shape{prediction.class_map.height, prediction.class_map.width})) << name;
    const std::vector<float> expected = recorded.to_floats();
    size_t wrong = 0;
    for (size_t i = 0; i < expected.size(); ++i) wrong += prediction.class_map.classes[i] != expected[i];
    // Two classes within one rounding of each other.
    EXPECT_LE(wrong, std::string(name) == "logits" ? 2u : 0u) << name;
  }
}

TEST(Predictions, ClassesAreRanked) {
  ArtifactContract contract = recorded_contract(PredictionKind::kClasses, 4);
  contract.output.top_k = 3;
  const std::vector<Tensor> outputs = {Tensor::from_floats({2, 4}, {0, 0, 0, 1, 0.2F, 0.5F, 0.2F, 0.1F})};
  const auto prediction = interpret(outputs, 1, contract, photo_placement(contract));
  ASSERT_TRUE(prediction);
  std::vector<int64_t> order;
  for (const ClassScore& best : prediction->top_classes) order.push_back(best.class_index);
  EXPECT_THAT(order, testing::ElementsAre(1, 0, 2));
}

TEST(Predictions, ShapesThatContradictTheContractAreRefused) {
  const auto refused = [](PredictionKind kind, int64_t classes, const std::vector<Tensor>& outputs) {
    const ArtifactContract contract = recorded_contract(kind, classes);
    const auto prediction = interpret(outputs, 0, contract, Placement());
    return !prediction && prediction.error().code == ErrorCode::kValidationFailed;
  };
  const auto zeros = [](Shape shape) {
    return Tensor::from_floats(shape, std::vector<float>(static_cast<size_t>(*element_count(shape))));
  };
  EXPECT_TRUE(refused(PredictionKind::kBoxes, 80, {zeros({1, 7, 10})}));
  EXPECT_TRUE(refused(PredictionKind::kBoxes, 3, {zeros({1, 8, 10})}));
  EXPECT_TRUE(refused(PredictionKind::kBoxes, 3, {zeros({7, 10})}));
  EXPECT_TRUE(refused(PredictionKind::kBoxes, 3, {}));
  EXPECT_TRUE(refused(PredictionKind::kOrientedBoxes, 3, {zeros({1, 7, 10})}));
  EXPECT_TRUE(refused(PredictionKind::kMasks, 3, {zeros({1, 9, 10})}));
  EXPECT_TRUE(refused(PredictionKind::kMasks, 3, {zeros({1, 9, 10}), zeros({1, 3, 4, 4})}));
  EXPECT_TRUE(refused(PredictionKind::kClasses, 3, {zeros({1, 3, 1, 1})}));
  EXPECT_TRUE(refused(PredictionKind::kClassMap, 3, {zeros({3, 3})}));
}

TEST(Draw, MarksWhatIsThereAndNothingElse) {
  ArtifactContract contract = recorded_contract(PredictionKind::kPoses, 1);
  contract.output.skeleton = {{1, 2}};
  Prediction prediction{PredictionKind::kPoses, {}, {}, {}};
  Detection detection;
  detection.box = {20.0, 30.0, 60.0, 80.0};
  detection.score = 0.9;
  detection.keypoints = {{30.0, 50.0, 0.9}, {50.0, 50.0, 0.9}};
  prediction.detections.push_back(detection);
  Image picture(100, 100, 3, 7);
  draw(picture, prediction, contract, {1.0, 1.0, 0.0, 0.0, 100, 100});
  const auto touched = [&](int64_t x, int64_t y) {
    return picture.at(x, y)[0] != 7 || picture.at(x, y)[1] != 7 || picture.at(x, y)[2] != 7;
  };
  EXPECT_TRUE(touched(20, 60) || touched(19, 60));
  EXPECT_TRUE(touched(40, 50) || touched(40, 49));
  EXPECT_TRUE(touched(25, 25)) << "the label stands on the box";
  EXPECT_FALSE(touched(40, 65));
  EXPECT_FALSE(touched(80, 90));
  // Boxes and points outside the picture must not be written.
  prediction.detections[0].box = {-500.0, -500.0, 1e12, 5000.0};
  prediction.detections[0].keypoints = {{-1e9, 4.0, 1.0}, {1e9, std::nan(""), 1.0}};
  draw(picture, prediction, contract, {1.0, 1.0, 0.0, 0.0, 100, 100});
}

}  // namespace
}  // namespace modelport
