#include "models/ultralytics/architecture_table.h"

#include <algorithm>

#include "models/ultralytics/build_model.h"
#include "models/ultralytics/text_features.h"
#include "models/ultralytics/yolov5_model.h"
#include "modules/find_model.h"
#include "modules/module_view.h"
#include "modules/wrappers.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kDetectionModel = "ultralytics.nn.tasks.DetectionModel";
constexpr std::string_view kDetect = "ultralytics.nn.modules.head.Detect";
constexpr std::string_view kRtdetrModel = "ultralytics.nn.tasks.RTDETRDetectionModel";
constexpr std::string_view kRtdetrDecoder = "ultralytics.nn.modules.head.RTDETRDecoder";
constexpr std::string_view kWorldModel = "ultralytics.nn.tasks.WorldModel";
constexpr std::string_view kWorldDetect = "ultralytics.nn.modules.head.WorldDetect";
constexpr std::string_view kYoloeModel = "ultralytics.nn.tasks.YOLOEModel";
constexpr std::string_view kYoloeDetect = "ultralytics.nn.modules.head.YOLOEDetect";
constexpr std::string_view kClassificationModel = "ultralytics.nn.tasks.ClassificationModel";
constexpr std::string_view kClassify = "ultralytics.nn.modules.head.Classify";

bool has_classes(const Checkpoint& checkpoint, std::string_view root, std::string_view head) {
  return root_class(checkpoint) == root && head_class(checkpoint) == head;
}

/// "Segment26".
std::string short_head_class(const Checkpoint& checkpoint) {
  const std::string name = head_class(checkpoint);
  return name.substr(name.rfind('.') + 1);
}

bool is_detector(const Checkpoint& checkpoint) { return has_classes(checkpoint, kDetectionModel, kDetect); }

Result<SourceModel> build_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kDetection, .source_task = "detect", .head = "Detect"});
}

/// One of the heads of `names`, below the model class `root`.
bool has_one_of(const Checkpoint& checkpoint, std::string_view root, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return has_classes(checkpoint, root, name); });
}

constexpr std::string_view kV10Detect = "ultralytics.nn.modules.head.v10Detect";

bool is_v10_detector(const Checkpoint& checkpoint) { return has_classes(checkpoint, kDetectionModel, kV10Detect); }

Result<SourceModel> build_v10_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kDetection, .source_task = "detect", .head = "v10Detect"});
}

constexpr std::string_view kSegmentationModel = "ultralytics.nn.tasks.SegmentationModel";
constexpr std::string_view kSegmentHeads[] = {"ultralytics.nn.modules.head.Segment",
                                              "ultralytics.nn.modules.head.Segment26"};

bool is_segmenter(const Checkpoint& checkpoint) { return has_one_of(checkpoint, kSegmentationModel, kSegmentHeads); }

Result<SourceModel> build_segmenter(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kSegmentation, .source_task = "segment", .head = short_head_class(checkpoint)});
}

constexpr std::string_view kSemanticModel = "ultralytics.nn.tasks.SemanticSegmentationModel";
constexpr std::string_view kSemanticHead = "ultralytics.nn.modules.head.SemanticSegment";

bool is_pixel_classifier(const Checkpoint& checkpoint) {
  return has_classes(checkpoint, kSemanticModel, kSemanticHead);
}

Result<SourceModel> build_pixel_classifier(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kSegmentation, .source_task = "semantic", .head = "SemanticSegment"});
}

constexpr std::string_view kPoseModel = "ultralytics.nn.tasks.PoseModel";
constexpr std::string_view kPoseHeads[] = {"ultralytics.nn.modules.head.Pose", "ultralytics.nn.modules.head.Pose26"};

bool is_pose_model(const Checkpoint& checkpoint) { return has_one_of(checkpoint, kPoseModel, kPoseHeads); }

Result<SourceModel> build_pose_model(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kPose, .source_task = "pose", .head = short_head_class(checkpoint)});
}

constexpr std::string_view kOrientedModel = "ultralytics.nn.tasks.OBBModel";
constexpr std::string_view kOrientedHeads[] = {"ultralytics.nn.modules.head.OBB", "ultralytics.nn.modules.head.OBB26"};

bool is_oriented_detector(const Checkpoint& checkpoint) {
  return has_one_of(checkpoint, kOrientedModel, kOrientedHeads);
}

Result<SourceModel> build_oriented_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kDetection, .source_task = "obb", .head = short_head_class(checkpoint)});
}

bool is_rtdetr(const Checkpoint& checkpoint) { return has_classes(checkpoint, kRtdetrModel, kRtdetrDecoder); }

Result<SourceModel> build_rtdetr(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(
      checkpoint, ledger, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "RTDETRDecoder", .resize = ResizePolicy::kStretch});
}

bool is_world_detector(const Checkpoint& checkpoint) { return has_classes(checkpoint, kWorldModel, kWorldDetect); }

Result<SourceModel> build_world_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(
      checkpoint, ledger, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "WorldDetect", .prepare = read_world_features});
}

bool is_yoloe_detector(const Checkpoint& checkpoint) { return has_classes(checkpoint, kYoloeModel, kYoloeDetect); }

Result<SourceModel> build_yoloe_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(
      checkpoint, ledger, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "YOLOEDetect", .prepare = read_prompt_embeddings});
}

constexpr std::string_view kYoloeSegModel = "ultralytics.nn.tasks.YOLOESegModel";
constexpr std::string_view kYoloeSegmentHeads[] = {"ultralytics.nn.modules.head.YOLOESegment",
                                                   "ultralytics.nn.modules.head.YOLOESegment26"};

bool is_yoloe_segmenter(const Checkpoint& checkpoint) {
  return has_one_of(checkpoint, kYoloeSegModel, kYoloeSegmentHeads);
}

Result<SourceModel> build_yoloe_segmenter(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kSegmentation,
                      .source_task = "segment",
                      .head = short_head_class(checkpoint),
                      .prepare = read_prompt_embeddings});
}

bool is_classifier(const Checkpoint& checkpoint) { return has_classes(checkpoint, kClassificationModel, kClassify); }

Result<SourceModel> build_classifier(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kClassification, .source_task = "classify", .head = "Classify"});
}

constexpr Architecture kArchitectures[] = {
    {"yolov5 detector", "models.yolo.DetectionModel", Task::kDetection, is_yolov5_detector, build_yolov5_detector},
    {"yolov5 segmenter", "models.yolo.SegmentationModel", Task::kSegmentation, is_yolov5_segmenter,
     build_yolov5_segmenter},
    {"yolov5 classifier", "models.yolo.ClassificationModel", Task::kClassification, is_yolov5_classifier,
     build_yolov5_classifier},
    {"yolo detector", kDetectionModel, Task::kDetection, is_detector, build_detector},
    {"yolov10 detector", kDetectionModel, Task::kDetection, is_v10_detector, build_v10_detector},
    {"yolo segmenter", kSegmentationModel, Task::kSegmentation, is_segmenter, build_segmenter},
    {"yolo semantic segmenter", kSemanticModel, Task::kSegmentation, is_pixel_classifier, build_pixel_classifier},
    {"yolo pose estimator", kPoseModel, Task::kPose, is_pose_model, build_pose_model},
    {"yolo oriented detector", kOrientedModel, Task::kDetection, is_oriented_detector, build_oriented_detector},
    {"rt-detr detector", kRtdetrModel, Task::kDetection, is_rtdetr, build_rtdetr},
    {"yolo-world detector", kWorldModel, Task::kDetection, is_world_detector, build_world_detector},
    {"yoloe detector", kYoloeModel, Task::kDetection, is_yoloe_detector, build_yoloe_detector},
    {"yoloe segmenter", kYoloeSegModel, Task::kSegmentation, is_yoloe_segmenter, build_yoloe_segmenter},
    {"yolo classifier", kClassificationModel, Task::kClassification, is_classifier, build_classifier},
};

/// The children of a module, without a ledger.
const PickleDict* children(const PickleObject& module) {
  const PickleValue* value = module.attribute("_modules");
  return value ? value->as_dict() : nullptr;
}

}  // namespace

std::span<const Architecture> architecture_table() { return kArchitectures; }

std::string root_class(const Checkpoint& checkpoint) {
  const PickleObject* root = model_root(checkpoint);
  return root ? canonical_class_name(*root->type, checkpoint.class_aliases) : "";
}

std::string head_class(const Checkpoint& checkpoint) {
  const PickleObject* root = model_root(checkpoint);
  const PickleDict* of_root = root ? children(*root) : nullptr;
  const PickleValue* layers = of_root ? of_root->find("model") : nullptr;
  const PickleObject* list = layers ? layers->as_object() : nullptr;
  const PickleDict* of_list = list ? children(unwrapped(*list)) : nullptr;
  if (!of_list || of_list->entries.empty()) return "";
  const PickleObject* head = of_list->entries.back().second.as_object();
  return head && head->type ? canonical_class_name(*unwrapped(*head).type, checkpoint.class_aliases) : "";
}

}  // namespace modelport::ultralytics
