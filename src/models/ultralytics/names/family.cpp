#include "models/ultralytics/names/family.h"

#include "checkpoint/numpy_value.h"
#include "checkpoint/pickle_rebuild.h"
#include "models/ultralytics/names/legacy_names.h"
#include "models/ultralytics/names/sketched_classes.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kInertReason = "kept as an inert object: its class and arguments, nothing else";
constexpr std::string_view kOldHead = "kept by a head of segmentation, pose or oriented boxes as its base's forward";
/// Longer than any name; a file could repeat one text.
constexpr size_t kLongestText = 4096;

constexpr PickleCallable kCallables[] = {
    {"ultralytics.utils.IterableSimpleNamespace", hold_uncalled, kInertReason},
    {"ultralytics.yolo.utils.IterableSimpleNamespace", hold_uncalled, kInertReason},
};

constexpr PickleMethod kMethods[] = {
    {"models.yolo.Detect", "forward", kOldHead},
    {"ultralytics.nn.modules.Detect", "forward", kOldHead},
    {"ultralytics.nn.modules.head.Detect", "forward", kOldHead},
    {"yolov5.models.yolo.Detect", "forward", kOldHead},
    {"ultralytics.nn.modules.*", "forward_fuse", "what fusing makes a module's forward"},
};

constexpr Wrapper kWrappers[] = {
    {"models.common.AutoShape", "model"},
    {"models.common.DetectMultiBackend", "model"},
    {"models.common.autoShape", "model"},
    {"utils.torch_utils.ModelEMA", "ema"},
    {"ultralytics.engine.model.Model", "model"},
    {"ultralytics.engine.model.YOLO", "model"},
    {"ultralytics.models.rtdetr.model.RTDETR", "model"},
    {"ultralytics.models.yolo.model.YOLO", "model"},
    {"ultralytics.models.yolo.model.YOLOE", "model"},
    {"ultralytics.models.yolo.model.YOLOWorld", "model"},
    {"ultralytics.nn.autobackend.AutoBackend", "backend.model"},
    {"ultralytics.nn.autobackend.AutoBackend", "model"},
    {"ultralytics.nn.autobackend.AutoShape", "model"},
    {"ultralytics.utils.torch_utils.ModelEMA", "ema"},
};

constexpr std::string_view kCountingHooks[] = {"ultralytics.thop."};

/// As torch_safe_load chooses.
constexpr std::string_view kModelKeys[] = {"ema", "model"};

constexpr FrameworkPrefix kFrameworks[] = {
    {"ultralytics.", "ultralytics"},
    {"models.yolo.", "yolov5"},
    {"models.common.", "yolov5"},
};

constexpr TaskOfClass kTasks[] = {
    {"ultralytics.nn.tasks.DetectionModel", "detect"},
    {"ultralytics.nn.tasks.RTDETRDetectionModel", "detect"},
    {"ultralytics.nn.tasks.WorldModel", "detect"},
    {"ultralytics.nn.tasks.SegmentationModel", "segment"},
    {"ultralytics.nn.tasks.SemanticSegmentationModel", "semantic"},
    {"ultralytics.nn.tasks.YOLOEModel", "detect"},
    {"ultralytics.nn.tasks.YOLOESegModel", "segment"},
    {"ultralytics.nn.tasks.ClassificationModel", "classify"},
    {"ultralytics.nn.tasks.PoseModel", "pose"},
    {"ultralytics.nn.tasks.OBBModel", "obb"},
    {"models.yolo.Model", "detect"},
    {"models.yolo.DetectionModel", "detect"},
    {"models.yolo.SegmentationModel", "segment"},
    {"models.yolo.ClassificationModel", "classify"},
};

std::string text_of(const PickleValue* value) {
  if (!value || value->is_none()) return "";
  if (const auto text = plain_text(*value)) return text->substr(0, kLongestText);
  return value->identity() ? "" : pickle_value_text(*value, 80);
}

std::string stem(std::string path) {
  path.erase(0, path.find_last_of("/\\") + 1);
  return path.substr(0, path.rfind('.'));
}

/// "yolo11n" of the yaml_file "yolo11n.yaml".
std::string architecture_of(const PickleObject& model) {
  const PickleValue* yaml = model.attribute("yaml");
  const PickleDict* entries = yaml ? yaml->as_dict() : nullptr;
  return entries ? stem(text_of(entries->find("yaml_file"))) : text_of(model.attribute("yaml_file"));
}

}  // namespace

const CheckpointFamily& family() {
  static const CheckpointFamily rows{.callables = kCallables,
                                     .methods = kMethods,
                                     .current_class_name = current_class_name,
                                     .wrappers = kWrappers,
                                     .counting_hooks = kCountingHooks,
                                     .model_keys = kModelKeys,
                                     .frameworks = kFrameworks,
                                     .tasks = kTasks,
                                     .architecture_of = architecture_of,
                                     .sketched_classes = sketched_classes(),
                                     .sources_attribute = "f"};
  return rows;
}

CheckpointFamilies families() {
  static const CheckpointFamily* const kAll[] = {&family()};
  return kAll;
}

}  // namespace modelport::ultralytics
