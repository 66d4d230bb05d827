#include "models/ultralytics/trainer.h"

#include "checkpoint/module_view.h"
#include "models/ultralytics/architecture_table.h"
#include "models/ultralytics/ignore_rules.h"

namespace modelport {

namespace {

constexpr std::string_view kSupported =
    "supported are the models that ultralytics builds from its yamls, and those of the original YOLOv5";

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
  const PickleObject* root = model_root(checkpoint);
  if (!root) return explain_without_modules(checkpoint);
  const std::string root_class = canonical_class_name(*root->type);
  for (const ForeignPackage& row : kForeignPackages) {
    if (root_class.starts_with(row.prefix)) {
      return mismatch(fmt::format("its model is a {}, a class of {}", root_class, row.framework));
    }
  }
  const std::string head = ultralytics::head_class(*root);
  if (head.empty()) return mismatch(fmt::format("its model is a {}, which is not translated", root_class));
  return mismatch(fmt::format("its model is a {} whose last layer is a {}, which is not translated", root_class, head));
}

}  // namespace

Trainer ultralytics_trainer() {
  return {.framework = "ultralytics",
          .executable = "modelport-ultralytics",
          .architectures = ultralytics::architecture_table(),
          .ignore_rules = ultralytics::ignore_rules(),
          .explain_mismatch = explain_mismatch};
}

}  // namespace modelport
