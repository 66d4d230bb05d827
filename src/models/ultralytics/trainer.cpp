#include "models/ultralytics/trainer.h"

#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/export_options.h"
#include "models/ultralytics/ignore_rules.h"
#include "models/ultralytics/module_table.h"
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

/// A checkpoint without any module: only tensors, or none of either.
Error explain_without_modules(const Checkpoint& checkpoint) {
  if (list_tensors(checkpoint.root).empty()) return mismatch("it holds neither a model nor tensors");
  return mismatch(
      "it holds tensors only (a state_dict) and no model: an Ultralytics checkpoint carries its modules, as best.pt "
      "and last.pt do");
}

/// Where a model of the framework hangs inside of another module.
std::string held_model(const Ledger& ledger) {
  for (const LedgerModule& module : ledger.modules()) {
    for (const Architecture& row : ultralytics::architecture_table()) {
      if (row.root_class == module.class_name && !module.path.empty())
        return fmt::format("; it holds a {} at {}: save that alone", module.class_name, module.path);
    }
  }
  return "";
}

Error explain_mismatch(const Checkpoint& checkpoint) {
  const std::string root = ultralytics::root_class(checkpoint);
  if (root.empty()) return explain_without_modules(checkpoint);
  for (const ForeignPackage& row : kForeignPackages) {
    if (root.starts_with(row.prefix)) {
      return mismatch(fmt::format("{}its model is a {}, a class of {}", kNotTranslated, root, row.framework));
    }
  }
  const std::string head = ultralytics::head_class(checkpoint);
  if (head == kDepthHead) return fail(ErrorCode::kUnsupportedModel, "task depth has no task_type in convention 1.0");
  const Ledger ledger(*model_root(checkpoint), ultralytics::ignore_rules(), checkpoint.class_aliases);
  const std::vector<ultralytics::UnknownClass> unknown = ultralytics::unknown_classes(ledger, checkpoint.class_aliases);
  if (!unknown.empty()) {
    Error error = ultralytics::refuse_unknown_classes(unknown);
    if (unknown.front().first_path.empty()) error.hint += held_model(ledger);
    return error;
  }
  Error error =
      mismatch(fmt::format("{}its model is a {}{}, which do not go together", kNotTranslated, root,
                           head.empty() ? " without layers" : fmt::format(" whose last layer is a {}", head)));
  error.hint += fmt::format("; {}", ultralytics::kAliasHint);
  return error;
}

std::vector<std::string> module_classes() {
  std::vector<std::string> names;
  for (const ultralytics::ModuleRow& row : ultralytics::module_table()) names.emplace_back(row.class_name);
  for (const Architecture& row : ultralytics::architecture_table()) names.emplace_back(row.root_class);
  return names;
}

}  // namespace

Trainer ultralytics_trainer() {
  return {.framework = "ultralytics",
          .executable = "modelport-ultralytics",
          .architectures = ultralytics::architecture_table(),
          .ignore_rules = ultralytics::ignore_rules(),
          .options = ultralytics::export_options(),
          .explain_mismatch = explain_mismatch,
          .module_classes = module_classes};
}

}  // namespace modelport
