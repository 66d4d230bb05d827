#include "models/ultralytics/trainer.h"

#include <algorithm>

#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/export_options.h"
#include "models/ultralytics/ignore_rules.h"
#include "models/ultralytics/module_table.h"
#include "models/ultralytics/names/family.h"
#include "models/ultralytics/side_files.h"
#include "models/ultralytics/unknown_classes.h"
#include "modules/find_model.h"
#include "modules/module_view.h"

namespace modelport {

namespace {

constexpr std::string_view kSupported =
    "supported are the models that ultralytics builds from its yamls, and those of the original YOLOv5";

constexpr std::string_view kDepthHead = "ultralytics.nn.modules.head.Depth";

/// Where classes of other frameworks live.
struct ForeignPackage {
  std::string_view prefix;
  std::string_view framework;
};
constexpr ForeignPackage kForeignPackages[] = {
    {"timm.", "timm"},
    {"torchvision.", "torchvision"},
    {"transformers.", "Hugging Face transformers"},
};

Error mismatch(std::string message) {
  return Error{ErrorCode::kUnsupportedModel, std::move(message), {}, std::string(kSupported)};
}

constexpr size_t kMostNamed = 8;
constexpr std::string_view kSaveOne = "save the one to export alone: torch.save({'model': MODEL}, FILE)";

/// "a.Model at gen, a.Model at disc".
std::string list_text(const std::vector<LedgerModule>& modules) {
  std::string text;
  for (size_t i = 0; i < std::min(modules.size(), kMostNamed); ++i) {
    text += fmt::format("{}{}{}", i > 0 ? ", " : "", modules[i].class_name,
                        modules[i].path.empty() ? "" : " at " + modules[i].path);
  }
  if (modules.size() > kMostNamed) text += fmt::format(" and {} more", modules.size() - kMostNamed);
  return text;
}

Error explain_several(const std::vector<LedgerModule>& models) {
  Error error = mismatch(fmt::format("{}it holds {} models, and which of them is meant cannot be told: {}",
                                     kNotTranslated, models.size(), list_text(models)));
  error.hint = std::string(kSaveOne);
  return error;
}

/// A checkpoint without a module that stands alone: several, only tensors, or none of either.
Error explain_without_modules(const Checkpoint& checkpoint, const ClassAliases& aliases) {
  std::vector<LedgerModule> models;
  for (const OutermostModule& each : outermost_modules(checkpoint))
    models.push_back({each.key, canonical_class_name(*each.module->type, aliases)});
  if (models.size() > 1) return explain_several(models);
  if (checkpoint.container == Container::kHubDirectory) {
    return mismatch(
        "it is a directory of config.json and weights; an Ultralytics checkpoint is one file that carries its modules: "
        "give that file, such as best.pt or last.pt");
  }
  if (list_tensors(checkpoint.root).empty()) return mismatch("it holds neither a model nor tensors");
  return mismatch(
      "it holds tensors only (a state_dict) and no model: an Ultralytics checkpoint carries its modules, as best.pt "
      "and last.pt do; load the tensors into their model and save that: torch.save({'model': MODEL}, FILE)");
}

/// The framework's models inside of another module.
std::vector<LedgerModule> held_models(const Ledger& ledger) {
  std::vector<LedgerModule> held;
  for (const LedgerModule& module : ledger.modules()) {
    const bool is_model = std::ranges::any_of(
        ultralytics::architecture_rows(),
        [&](const ultralytics::ArchitectureRow& row) { return row.root_class == module.class_name; });
    if (is_model && !module.path.empty()) held.push_back(module);
  }
  return held;
}

std::string save_alone(const LedgerModule& model) {
  return fmt::format(
      "it holds the {} {}: if that is what is to be exported, save it alone: "
      "torch.save({{'model': MODEL.get_submodule('{}')}}, FILE)",
      model.class_name, model.path, model.path);
}

/// The model class that goes with the checkpoint's last layer; "" where there is none.
std::string root_class_for_head(const std::string& head) {
  for (const ultralytics::ArchitectureRow& row : ultralytics::architecture_rows()) {
    if (row.matches({std::string(row.root_class), head})) return std::string(row.root_class);
  }
  return "";
}

Error explain_mismatch(const Checkpoint& checkpoint, const ultralytics::ModelClasses& classes,
                       const ClassAliases& aliases) {
  const auto& [root, head] = classes;
  if (root.empty()) return explain_without_modules(checkpoint, aliases);
  for (const ForeignPackage& row : kForeignPackages) {
    if (root.starts_with(row.prefix)) {
      return mismatch(fmt::format("{}its model is a {}, a class of {}", kNotTranslated, root, row.framework));
    }
  }
  if (head == kDepthHead) return fail(ErrorCode::kUnsupportedModel, "task depth has no task_type in convention 1.0");
  Account account;
  const Ledger ledger(account, *model_root(checkpoint), ultralytics::ignore_rules(), aliases);
  const std::vector<ultralytics::UnknownClass> unknown = ultralytics::unknown_classes(ledger, aliases);
  const std::vector<LedgerModule> held = held_models(ledger);
  if (held.size() > 1) return explain_several(held);
  if (!unknown.empty()) {
    Error error = ultralytics::refuse_unknown_classes(unknown);
    if (!unknown.front().first_path.empty()) return error;
    const std::string meant = root_class_for_head(head);
    if (!held.empty()) {
      error.hint = save_alone(held.front());
    } else if (!meant.empty()) {
      error.hint += fmt::format("; its layers are those of {}: if it computes the same, give {}", meant,
                                ultralytics::alias_example(root, "\"" + meant + "\""));
    }
    return error;
  }
  if (!held.empty()) {
    Error error = mismatch(fmt::format("{}its model is a {} around {}, and what it computes beside that is not known",
                                       kNotTranslated, root, held.front().class_name));
    error.hint = save_alone(held.front());
    return error;
  }
  Error error =
      mismatch(fmt::format("{}its model is a {}{}, which do not go together", kNotTranslated, root,
                           head.empty() ? " without layers" : fmt::format(" whose last layer is a {}", head)));
  error.hint += fmt::format("; {}", ultralytics::kAliasHint);
  return error;
}

Result<std::string> architecture_of(const Checkpoint& checkpoint, const BuildRequest& request) {
  const ClassAliases aliases = request.module_aliases.known_classes();
  const ultralytics::ModelClasses classes = ultralytics::model_classes(checkpoint, aliases);
  for (const ultralytics::ArchitectureRow& row : ultralytics::architecture_rows()) {
    if (row.matches(classes)) return std::string(row.architecture.name);
  }
  return explain_mismatch(checkpoint, classes, aliases);
}

Result<std::unique_ptr<ModelSource>> open_modules(const Checkpoint& checkpoint, const BuildRequest& request) {
  auto source = std::make_unique<ModelSource>(checkpoint);
  source->modules = std::make_unique<Ledger>(source->account, *model_root(checkpoint), ultralytics::ignore_rules(),
                                             request.module_aliases.known_classes());
  CHECK_OK(source->modules->require_known_hooks());
  return source;
}

std::vector<std::string> module_classes() {
  std::vector<std::string> names;
  for (const ultralytics::ModuleRow& row : ultralytics::module_table()) names.emplace_back(row.class_name);
  for (const ultralytics::ArchitectureRow& row : ultralytics::architecture_rows()) names.emplace_back(row.root_class);
  return names;
}

}  // namespace

Trainer ultralytics_trainer() {
  return {.framework = "ultralytics",
          .executable = "modelport-ultralytics",
          .families = ultralytics::families(),
          .architectures = ultralytics::architecture_table(),
          .options = ultralytics::export_options(),
          .side_files = ultralytics::side_files(),
          .architecture_of = architecture_of,
          .open = open_modules,
          .module_classes = module_classes};
}

}  // namespace modelport
