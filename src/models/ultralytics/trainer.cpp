#include "models/ultralytics/trainer.h"

#include "checkpoint/module_view.h"
#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/ignore_rules.h"
#include "models/ultralytics/module_table.h"

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

Error explain_mismatch(const Checkpoint& checkpoint) {
  const std::string root = ultralytics::root_class(checkpoint);
  if (root.empty()) return explain_without_modules(checkpoint);
  for (const ForeignPackage& row : kForeignPackages) {
    if (root.starts_with(row.prefix)) {
      return mismatch(fmt::format("its model is a {}, a class of {}", root, row.framework));
    }
  }
  const std::string head = ultralytics::head_class(checkpoint);
  if (head == kDepthHead) return fail(ErrorCode::kUnsupportedModel, "task depth has no task_type in convention 1.0");
  Error error =
      head.empty()
          ? mismatch(fmt::format("its model is a {}, which is not translated", root))
          : mismatch(fmt::format("its model is a {} whose last layer is a {}, which is not translated", root, head));
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
          .explain_mismatch = explain_mismatch,
          .module_classes = module_classes};
}

}  // namespace modelport
