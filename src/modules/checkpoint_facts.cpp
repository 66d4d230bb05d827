#include "modules/checkpoint_facts.h"

#include <algorithm>

#include "checkpoint/numpy_value.h"
#include "modules/find_model.h"
#include "modules/module_view.h"

namespace modelport {
namespace {

struct FrameworkRow {
  /// Prefix of a dotted class name.
  std::string_view prefix;
  std::string_view framework;
};

// In order: a checkpoint of the first also names the later ones.
constexpr FrameworkRow kFrameworks[] = {
    {"ultralytics.", "ultralytics"},   {"models.yolo.", "yolov5"},
    {"models.common.", "yolov5"},      {"timm.", "timm"},
    {"transformers.", "transformers"}, {"torchvision.models.", "torchvision"},
    {"torch.nn.", "pytorch"},
};

struct TaskRow {
  std::string_view model_class;
  std::string_view task;
};

constexpr TaskRow kTasks[] = {
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

/// Longer than any name; a file could repeat one text.
constexpr size_t kLongestText = 4096;

std::string text_of(const PickleValue* value) {
  if (!value || value->is_none()) return "";
  if (auto text = plain_text(*value)) return text->substr(0, kLongestText);
  return value->identity() ? "" : pickle_value_text(*value, 80);
}

std::string guess_framework(const Checkpoint& checkpoint, const CheckpointFacts& facts) {
  for (const FrameworkRow& row : kFrameworks) {
    if (facts.model_class.starts_with(row.prefix) && row.framework != "pytorch") return std::string(row.framework);
  }
  // timm's CheckpointSaver: names and a state_dict, but no class of its own.
  const PickleValue* state_dict = checkpoint.find("state_dict");
  if (state_dict && checkpoint.find("arch") && checkpoint.find("args")) return "timm";
  const auto globals = checkpoint.globals();
  for (const FrameworkRow& row : kFrameworks) {
    const bool is_named = std::ranges::any_of(
        globals, [&](const PickleGlobal& global) { return canonical_class_name(global).starts_with(row.prefix); });
    if (is_named) return std::string(row.framework);
  }
  return "state_dict";
}

std::string stem(std::string path) {
  path.erase(0, path.find_last_of("/\\") + 1);
  return path.substr(0, path.rfind('.'));
}

/// "yolo11n" of yaml_file "yolo11n.yaml", or "yolo11" with scale "n".
std::string architecture_of(const PickleObject& model) {
  const PickleValue* yaml = model.attribute("yaml");
  const PickleDict* entries = yaml ? yaml->as_dict() : nullptr;
  if (!entries) return text_of(model.attribute("yaml_file"));
  return stem(text_of(entries->find("yaml_file")));
}

void add_train_args(const PickleValue* args, CheckpointFacts& facts) {
  if (!args) return;
  const PickleDict* entries = args->as_dict();
  if (!entries && args->as_object()) entries = args->as_object()->attributes();
  if (!entries) return;
  for (const auto& [key, value] : entries->entries) {
    if (key.as_string() && !value.identity())
      facts.train_args.emplace_back(*key.as_string(), pickle_value_text(value, 120));
  }
}

}  // namespace

std::vector<std::string> names_in_order(const PickleValue& names) {
  std::vector<std::string> out;
  if (const auto* items = names.as_sequence()) {
    for (const PickleValue& item : *items) out.push_back(text_of(&item));
  } else if (const PickleDict* dict = names.as_dict()) {
    for (size_t i = 0; i < dict->entries.size(); ++i) {
      const PickleValue* item = dict->find(static_cast<int64_t>(i));
      if (!item) return {};
      out.push_back(text_of(item));
    }
  }
  return out;
}

CheckpointFacts describe_checkpoint(const Checkpoint& checkpoint) {
  CheckpointFacts facts;
  const PickleValue model = find_model(checkpoint);
  if (const PickleObject* object = model_root(checkpoint)) {
    facts.model_class = canonical_class_name(*object->type);
    facts.architecture = architecture_of(*object);
    if (const PickleValue* names = object->attribute("names")) facts.class_names = names_in_order(*names);
    const auto row = std::ranges::find(kTasks, facts.model_class, &TaskRow::model_class);
    if (row != std::end(kTasks)) facts.task = row->task;
  }
  facts.framework = guess_framework(checkpoint, facts);
  facts.framework_version = text_of(checkpoint.find("version"));
  facts.date = text_of(checkpoint.find("date"));
  facts.license = text_of(checkpoint.find("license"));
  if (facts.architecture.empty()) facts.architecture = text_of(checkpoint.find("arch"));
  add_train_args(checkpoint.find("train_args"), facts);
  add_train_args(checkpoint.find("args"), facts);
  for (const NamedTensor& tensor : list_tensors(model.is_none() ? checkpoint.root : model)) {
    const bool counts =
        model.is_none() ? is_float(tensor.tensor.dtype()) : tensor.role == PickleTensor::Role::kParameter;
    if (counts) facts.parameter_count += tensor.tensor.element_count();
  }
  return facts;
}

}  // namespace modelport
