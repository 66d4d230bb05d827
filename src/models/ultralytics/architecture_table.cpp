#include "models/ultralytics/architecture_table.h"

#include "checkpoint/module_view.h"
#include "models/ultralytics/build_model.h"
#include "models/ultralytics/text_features.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kDetectionModel = "ultralytics.nn.tasks.DetectionModel";
constexpr std::string_view kDetect = "ultralytics.nn.modules.head.Detect";
constexpr std::string_view kRtdetrModel = "ultralytics.nn.tasks.RTDETRDetectionModel";
constexpr std::string_view kRtdetrDecoder = "ultralytics.nn.modules.head.RTDETRDecoder";
constexpr std::string_view kWorldModel = "ultralytics.nn.tasks.WorldModel";
constexpr std::string_view kWorldDetect = "ultralytics.nn.modules.head.WorldDetect";
constexpr std::string_view kClassificationModel = "ultralytics.nn.tasks.ClassificationModel";
constexpr std::string_view kClassify = "ultralytics.nn.modules.head.Classify";

bool has_classes(const Checkpoint& checkpoint, std::string_view root_class, std::string_view head) {
  const PickleObject* root = model_root(checkpoint);
  return root && canonical_class_name(*root->type) == root_class && head_class(*root) == head;
}

bool is_detector(const Checkpoint& checkpoint) { return has_classes(checkpoint, kDetectionModel, kDetect); }

Result<SourceModel> build_detector(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kDetection, .source_task = "detect", .head = "Detect"});
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

bool is_classifier(const Checkpoint& checkpoint) { return has_classes(checkpoint, kClassificationModel, kClassify); }

Result<SourceModel> build_classifier(const Checkpoint& checkpoint, Ledger& ledger, const BuildRequest& request) {
  return build_model(checkpoint, ledger, request,
                     {.task = Task::kClassification, .source_task = "classify", .head = "Classify"});
}

constexpr Architecture kArchitectures[] = {
    {"yolo detector", kDetectionModel, Task::kDetection, is_detector, build_detector},
    {"rt-detr detector", kRtdetrModel, Task::kDetection, is_rtdetr, build_rtdetr},
    {"yolo-world detector", kWorldModel, Task::kDetection, is_world_detector, build_world_detector},
    {"yolo classifier", kClassificationModel, Task::kClassification, is_classifier, build_classifier},
};

/// The children of a module, without a ledger.
const PickleDict* children(const PickleObject& module) {
  const PickleValue* value = module.attribute("_modules");
  return value ? value->as_dict() : nullptr;
}

}  // namespace

std::span<const Architecture> architecture_table() { return kArchitectures; }

std::string head_class(const PickleObject& root) {
  const PickleDict* of_root = children(root);
  const PickleValue* layers = of_root ? of_root->find("model") : nullptr;
  const PickleObject* list = layers ? layers->as_object() : nullptr;
  const PickleDict* of_list = list ? children(*list) : nullptr;
  if (!of_list || of_list->entries.empty()) return "";
  const PickleObject* head = of_list->entries.back().second.as_object();
  return head && head->type ? canonical_class_name(*head->type) : "";
}

}  // namespace modelport::ultralytics
