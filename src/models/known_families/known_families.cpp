#include "models/known_families/known_families.h"

#include "checkpoint/checkpoint.h"
#include "models/ultralytics/names/family.h"

namespace modelport {

namespace {

constexpr FrameworkPrefix kTimm[] = {{"timm.", "timm"}};
constexpr FrameworkPrefix kTransformers[] = {{"transformers.", "transformers"}};
constexpr FrameworkPrefix kTorchvision[] = {{"torchvision.models.", "torchvision"}};

bool config_has(const Checkpoint& checkpoint, const char* key) {
  const auto config = checkpoint.documents.find("config.json");
  return config != checkpoint.documents.end() && config->second.is_object() && config->second.contains(key);
}

/// What timm's save_for_hf and its CheckpointSaver write: names and tensors, but no class of its own.
std::string_view recognise_timm(const Checkpoint& checkpoint) {
  if (config_has(checkpoint, "architecture") && !config_has(checkpoint, "model_type")) return "timm";
  return checkpoint.find("state_dict") && checkpoint.find("arch") && checkpoint.find("args") ? "timm" : "";
}

/// What transformers' save_pretrained writes.
std::string_view recognise_transformers(const Checkpoint& checkpoint) {
  return config_has(checkpoint, "model_type") ? "transformers" : "";
}

}  // namespace

CheckpointFamilies known_families() {
  static const CheckpointFamily kTimmFamily{.frameworks = kTimm, .recognise = recognise_timm};
  static const CheckpointFamily kTransformersFamily{.frameworks = kTransformers, .recognise = recognise_transformers};
  static const CheckpointFamily kTorchvisionFamily{.frameworks = kTorchvision};
  static const CheckpointFamily* const kFamilies[] = {&ultralytics::family(), &kTimmFamily, &kTransformersFamily,
                                                      &kTorchvisionFamily};
  return kFamilies;
}

}  // namespace modelport
