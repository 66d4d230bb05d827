#include "models/ultralytics/yolov5_model.h"

#include <algorithm>

#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/python_text.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kDetectors[] = {"models.yolo.Model", "models.yolo.DetectionModel"};
constexpr std::string_view kSegmenters[] = {"models.yolo.SegmentationModel", "models.segment.SegmentationModel"};
constexpr std::string_view kClassifiers[] = {"models.yolo.ClassificationModel"};

/// IMAGENET_MEAN and IMAGENET_STD of its utils/augmentations.py.
const std::vector<double> kMean{0.485, 0.456, 0.406}, kDeviation{0.229, 0.224, 0.225};

bool has_classes(const ModelClasses& classes, std::span<const std::string_view> roots, std::string_view head) {
  return std::ranges::count(roots, classes.root) > 0 && classes.head == head;
}

Result<SourceModel> build(const ModelSource& source, const BuildRequest& request, const TaskProfile& profile) {
  TRY(model, build_model(source, request, profile));
  // All that its exports carry.
  model.facts.framework_metadata = {{"stride", fmt::format("{}", model.facts.stride)},
                                    {"names", python_dict_of_names(model.facts.class_names)}};
  return model;
}

}  // namespace

bool is_yolov5_detector(const ModelClasses& classes) { return has_classes(classes, kDetectors, "models.yolo.Detect"); }

bool is_yolov5_segmenter(const ModelClasses& classes) {
  return has_classes(classes, kSegmenters, "models.yolo.Segment");
}

bool is_yolov5_classifier(const ModelClasses& classes) {
  return has_classes(classes, kClassifiers, "models.common.Classify");
}

Result<SourceModel> build_yolov5_detector(const ModelSource& source, const BuildRequest& request) {
  return build(source, request, {.task = Task::kDetection, .source_task = "detect", .head = "Detect"});
}

Result<SourceModel> build_yolov5_segmenter(const ModelSource& source, const BuildRequest& request) {
  return build(source, request, {.task = Task::kSegmentation, .source_task = "segment", .head = "Segment"});
}

Result<SourceModel> build_yolov5_classifier(const ModelSource& source, const BuildRequest& request) {
  TRY(model, build(source, request, {.task = Task::kClassification, .source_task = "classify", .head = "Classify"}));
  Preprocessing& steps = model.facts.preprocessing;
  steps.interpolation = "bilinear";
  if (steps.origin != FactOrigin::kCheckpoint && model.facts.channels == 3) {
    steps.mean = kMean;
    steps.std = kDeviation;
  }
  return model;
}

}  // namespace modelport::ultralytics
