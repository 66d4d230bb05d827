#include "modules/checkpoint_facts.h"

#include <algorithm>

#include "checkpoint/checkpoint_family.h"
#include "checkpoint/numpy_value.h"
#include "modules/find_model.h"
#include "modules/module_view.h"

namespace modelport {
namespace {

constexpr std::string_view kTorchModules = "torch.nn.";

/// Longer than any name; a file could repeat one text.
constexpr size_t kLongestText = 4096;

std::string text_of(const PickleValue* value) {
  if (!value || value->is_none()) return "";
  if (auto text = plain_text(*value)) return text->substr(0, kLongestText);
  return value->identity() ? "" : pickle_value_text(*value, 80);
}

/// The first of the families' prefixes for which `holds` is true.
template <class Holds>
std::string framework_where(CheckpointFamilies families, Holds holds) {
  for (const CheckpointFamily* family : families) {
    for (const FrameworkPrefix& row : family->frameworks) {
      if (holds(row.prefix)) return std::string(row.framework);
    }
  }
  return "";
}

std::string guess_framework(const Checkpoint& checkpoint, const CheckpointFacts& facts) {
  const CheckpointFamilies families = checkpoint.families();
  std::string of_model =
      framework_where(families, [&](std::string_view prefix) { return facts.model_class.starts_with(prefix); });
  if (!of_model.empty()) return of_model;
  for (const CheckpointFamily* family : families) {
    const std::string_view recognised = family->recognise ? family->recognise(checkpoint) : "";
    if (!recognised.empty()) return std::string(recognised);
  }
  std::vector<std::string> names;
  for (const PickleGlobal& global : checkpoint.globals()) names.push_back(canonical_class_name(global));
  const auto is_named = [&](std::string_view prefix) {
    return std::ranges::any_of(names, [&](const std::string& name) { return name.starts_with(prefix); });
  };
  std::string named = framework_where(families, is_named);
  if (!named.empty()) return named;
  return is_named(kTorchModules) ? "pytorch" : "state_dict";
}

/// What config.json names: `architecture`, or the first of `architectures`.
std::string configured_architecture(const Checkpoint& checkpoint) {
  const auto config = checkpoint.documents.find("config.json");
  if (config == checkpoint.documents.end() || !config->second.is_object()) return "";
  const Json one = config->second.value("architecture", Json());
  const Json several = config->second.value("architectures", Json());
  const Json& name = several.is_array() && !several.empty() ? several.front() : one;
  return name.is_string() ? name.get<std::string>().substr(0, kLongestText) : "";
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
    if (const PickleValue* names = object->attribute("names")) facts.class_names = names_in_order(*names);
    for (const CheckpointFamily* family : checkpoint.families()) {
      const auto row = std::ranges::find(family->tasks, facts.model_class, &TaskOfClass::model_class);
      if (row != family->tasks.end()) facts.task = row->task;
      if (facts.architecture.empty() && family->architecture_of) facts.architecture = family->architecture_of(*object);
    }
  }
  facts.framework = guess_framework(checkpoint, facts);
  facts.framework_version = text_of(checkpoint.find("version"));
  facts.date = text_of(checkpoint.find("date"));
  facts.license = text_of(checkpoint.find("license"));
  if (facts.architecture.empty()) facts.architecture = text_of(checkpoint.find("arch"));
  if (facts.architecture.empty()) facts.architecture = configured_architecture(checkpoint);
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
