#include "modules/forward_hooks.h"

#include <algorithm>

#include "checkpoint/checkpoint_family.h"
#include "modules/module_view.h"

namespace modelport {
namespace {

using Effect = ForwardHook::Effect;

struct KnownHook {
  std::string_view prefix;
  Effect effect;
};

constexpr KnownHook kKnownHooks[] = {
    {"torch.nn.utils.weight_norm.WeightNorm", Effect::kMakesWeight},
    {"torch.nn.utils.spectral_norm.SpectralNorm", Effect::kMakesWeight},
    {"torch.nn.utils.prune.", Effect::kPrunesWeight},
    {"thop.", Effect::kNone},
};

// A module has one or two.
constexpr size_t kMostHooks = 64;

constexpr std::string_view kHookSlots[] = {"_forward_pre_hooks", "_forward_hooks"};

Effect effect_of(std::string_view name, CheckpointFamilies families) {
  for (const KnownHook& row : kKnownHooks) {
    if (name.starts_with(row.prefix)) return row.effect;
  }
  for (const CheckpointFamily* family : families) {
    if (std::ranges::any_of(family->counting_hooks, [&](std::string_view prefix) { return name.starts_with(prefix); }))
      return Effect::kNone;
  }
  return Effect::kUnknown;
}

std::string parameter_of(const ForwardHook& hook) {
  const PickleValue* name = hook.object ? hook.object->attribute("_tensor_name") : nullptr;
  return std::string(name ? name->as_string().value_or("weight") : "weight");
}

}  // namespace

std::vector<ForwardHook> forward_hooks(const PickleObject& module, std::string_view slot) {
  std::vector<ForwardHook> hooks;
  const PickleValue* value = module.attribute(slot);
  const PickleDict* dict = value ? value->as_dict() : nullptr;
  if (!dict) return hooks;
  if (dict->entries.size() > kMostHooks) {
    hooks.emplace_back().name = fmt::format("{} functions", dict->entries.size());
    return hooks;
  }
  for (const auto& [key, hook] : dict->entries) {
    ForwardHook& found = hooks.emplace_back();
    found.object = hook.as_object();
    if (const PickleGlobal* function = hook.as_global()) found.name = canonical_class_name(*function);
    if (found.object && found.object->type) found.name = canonical_class_name(*found.object->type);
    if (found.name.empty()) found.name = pickle_value_text(hook, 80);
    found.effect = effect_of(found.name, module.type->families);
  }
  return hooks;
}

std::optional<Error> explain_forward_hooks(const PickleObject& module, const std::string& where) {
  for (const std::string_view slot : kHookSlots) {
    for (const ForwardHook& hook : forward_hooks(module, slot)) {
      if (hook.effect == Effect::kNone || hook.effect == Effect::kMakesWeight) continue;
      if (hook.effect == Effect::kPrunesWeight) {
        const std::string name = parameter_of(hook);
        Error error = fail(ErrorCode::kUnsupportedModel, "{} is still computed from {}_orig and {}_mask by {}", name,
                           name, name, hook.name);
        error.hint = fmt::format(
            "make pruning permanent before saving: call torch.nn.utils.prune.remove(module, '{}') for every pruned "
            "module",
            name);
        return std::move(error).in(where);
      }
      Error error =
          fail(ErrorCode::kUnsupportedModel, "{} holds {}: it may change what the module computes", slot, hook.name);
      error.hint =
          "call remove() of the handle that registering it returned, or clear the dict, before saving; a checkpoint "
          "does not hold what a function computes";
      return std::move(error).in(where);
    }
  }
  return std::nullopt;
}

}  // namespace modelport
