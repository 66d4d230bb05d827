#include "models/ultralytics/architecture_table.h"

#include <algorithm>
#include <array>

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

bool has_classes(const ModelClasses& classes, std::string_view root, std::string_view head) {
  return classes.root == root && classes.head == head;
}

/// "Segment26".
std::string short_head_class(const ModelSource& source, const BuildRequest& request) {
  const std::string name = model_classes(source.checkpoint, request.module_aliases.known_classes()).head;
  return name.substr(name.rfind('.') + 1);
}

bool is_detector(const ModelClasses& classes) { return has_classes(classes, kDetectionModel, kDetect); }

Result<SourceModel> build_detector(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request, {.task = Task::kDetection, .source_task = "detect", .head = "Detect"});
}

/// One of the heads of `names`, below the model class `root`.
bool has_one_of(const ModelClasses& classes, std::string_view root, std::span<const std::string_view> names) {
  return std::ranges::any_of(names, [&](std::string_view name) { return has_classes(classes, root, name); });
}

constexpr std::string_view kV10Detect = "ultralytics.nn.modules.head.v10Detect";

bool is_v10_detector(const ModelClasses& classes) { return has_classes(classes, kDetectionModel, kV10Detect); }

Result<SourceModel> build_v10_detector(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request, {.task = Task::kDetection, .source_task = "detect", .head = "v10Detect"});
}

constexpr std::string_view kSegmentationModel = "ultralytics.nn.tasks.SegmentationModel";
constexpr std::string_view kSegmentHeads[] = {"ultralytics.nn.modules.head.Segment",
                                              "ultralytics.nn.modules.head.Segment26"};

bool is_segmenter(const ModelClasses& classes) { return has_one_of(classes, kSegmentationModel, kSegmentHeads); }

Result<SourceModel> build_segmenter(const ModelSource& source, const BuildRequest& request) {
  return build_model(
      source, request,
      {.task = Task::kSegmentation, .source_task = "segment", .head = short_head_class(source, request)});
}

constexpr std::string_view kSemanticModel = "ultralytics.nn.tasks.SemanticSegmentationModel";
constexpr std::string_view kSemanticHead = "ultralytics.nn.modules.head.SemanticSegment";

bool is_pixel_classifier(const ModelClasses& classes) { return has_classes(classes, kSemanticModel, kSemanticHead); }

Result<SourceModel> build_pixel_classifier(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request,
                     {.task = Task::kSegmentation, .source_task = "semantic", .head = "SemanticSegment"});
}

constexpr std::string_view kPoseModel = "ultralytics.nn.tasks.PoseModel";
constexpr std::string_view kPoseHeads[] = {"ultralytics.nn.modules.head.Pose", "ultralytics.nn.modules.head.Pose26"};

bool is_pose_model(const ModelClasses& classes) { return has_one_of(classes, kPoseModel, kPoseHeads); }

Result<SourceModel> build_pose_model(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request,
                     {.task = Task::kPose, .source_task = "pose", .head = short_head_class(source, request)});
}

constexpr std::string_view kOrientedModel = "ultralytics.nn.tasks.OBBModel";
constexpr std::string_view kOrientedHeads[] = {"ultralytics.nn.modules.head.OBB", "ultralytics.nn.modules.head.OBB26"};

bool is_oriented_detector(const ModelClasses& classes) { return has_one_of(classes, kOrientedModel, kOrientedHeads); }

Result<SourceModel> build_oriented_detector(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request,
                     {.task = Task::kDetection, .source_task = "obb", .head = short_head_class(source, request)});
}

bool is_rtdetr(const ModelClasses& classes) { return has_classes(classes, kRtdetrModel, kRtdetrDecoder); }

Result<SourceModel> build_rtdetr(const ModelSource& source, const BuildRequest& request) {
  return build_model(
      source, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "RTDETRDecoder", .resize = ResizePolicy::kStretch});
}

bool is_world_detector(const ModelClasses& classes) { return has_classes(classes, kWorldModel, kWorldDetect); }

Result<SourceModel> build_world_detector(const ModelSource& source, const BuildRequest& request) {
  return build_model(
      source, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "WorldDetect", .prepare = read_world_features});
}

bool is_yoloe_detector(const ModelClasses& classes) { return has_classes(classes, kYoloeModel, kYoloeDetect); }

Result<SourceModel> build_yoloe_detector(const ModelSource& source, const BuildRequest& request) {
  return build_model(
      source, request,
      {.task = Task::kDetection, .source_task = "detect", .head = "YOLOEDetect", .prepare = read_prompt_embeddings});
}

constexpr std::string_view kYoloeSegModel = "ultralytics.nn.tasks.YOLOESegModel";
constexpr std::string_view kYoloeSegmentHeads[] = {"ultralytics.nn.modules.head.YOLOESegment",
                                                   "ultralytics.nn.modules.head.YOLOESegment26"};

bool is_yoloe_segmenter(const ModelClasses& classes) { return has_one_of(classes, kYoloeSegModel, kYoloeSegmentHeads); }

Result<SourceModel> build_yoloe_segmenter(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request,
                     {.task = Task::kSegmentation,
                      .source_task = "segment",
                      .head = short_head_class(source, request),
                      .prepare = read_prompt_embeddings});
}

bool is_classifier(const ModelClasses& classes) { return has_classes(classes, kClassificationModel, kClassify); }

Result<SourceModel> build_classifier(const ModelSource& source, const BuildRequest& request) {
  return build_model(source, request, {.task = Task::kClassification, .source_task = "classify", .head = "Classify"});
}

constexpr ArchitectureRow kRows[] = {
    {{"yolov5 detector", Task::kDetection, build_yolov5_detector}, "models.yolo.DetectionModel", is_yolov5_detector},
    {{"yolov5 segmenter", Task::kSegmentation, build_yolov5_segmenter},
     "models.yolo.SegmentationModel",
     is_yolov5_segmenter},
    {{"yolov5 classifier", Task::kClassification, build_yolov5_classifier},
     "models.yolo.ClassificationModel",
     is_yolov5_classifier},
    {{"yolo detector", Task::kDetection, build_detector}, kDetectionModel, is_detector},
    {{"yolov10 detector", Task::kDetection, build_v10_detector}, kDetectionModel, is_v10_detector},
    {{"yolo segmenter", Task::kSegmentation, build_segmenter}, kSegmentationModel, is_segmenter},
    {{"yolo semantic segmenter", Task::kSegmentation, build_pixel_classifier}, kSemanticModel, is_pixel_classifier},
    {{"yolo pose estimator", Task::kPose, build_pose_model}, kPoseModel, is_pose_model},
    {{"yolo oriented detector", Task::kDetection, build_oriented_detector}, kOrientedModel, is_oriented_detector},
    {{"rt-detr detector", Task::kDetection, build_rtdetr}, kRtdetrModel, is_rtdetr},
    {{"yolo-world detector", Task::kDetection, build_world_detector}, kWorldModel, is_world_detector},
    {{"yoloe detector", Task::kDetection, build_yoloe_detector}, kYoloeModel, is_yoloe_detector},
    {{"yoloe segmenter", Task::kSegmentation, build_yoloe_segmenter}, kYoloeSegModel, is_yoloe_segmenter},
    {{"yolo classifier", Task::kClassification, build_classifier}, kClassificationModel, is_classifier},
};

constexpr auto kArchitectures = [] {
  std::array<Architecture, std::size(kRows)> all{};
  std::ranges::transform(kRows, all.begin(), &ArchitectureRow::architecture);
  return all;
}();

/// The children of a module, without a ledger.
const PickleDict* children(const PickleObject& module) {
  const PickleValue* value = module.attribute("_modules");
  return value ? value->as_dict() : nullptr;
}

}  // namespace

std::span<const ArchitectureRow> architecture_rows() { return kRows; }
std::span<const Architecture> architecture_table() { return kArchitectures; }

ModelClasses model_classes(const Checkpoint& checkpoint, const ClassAliases& aliases) {
  const PickleObject* root = model_root(checkpoint);
  if (!root) return {};
  ModelClasses classes{canonical_class_name(*root->type, aliases), ""};
  const PickleDict* of_root = children(*root);
  const PickleValue* layers = of_root ? of_root->find("model") : nullptr;
  const PickleObject* list = layers ? layers->as_object() : nullptr;
  const PickleDict* of_list = list ? children(unwrapped(*list)) : nullptr;
  if (!of_list || of_list->entries.empty()) return classes;
  const PickleObject* head = of_list->entries.back().second.as_object();
  if (head && head->type) classes.head = canonical_class_name(*unwrapped(*head).type, aliases);
  return classes;
}

}  // namespace modelport::ultralytics
