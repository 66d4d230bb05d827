#include "modules/module_internals.h"

#include <algorithm>

namespace modelport {
namespace {

using enum ModuleInternal::Condition;

constexpr ModuleInternal kInternals[] = {
    {"training", kAny, "inference always runs in evaluation mode"},
    {"_non_persistent_buffers_set", kAny, "which buffers a state_dict leaves out; the pickle holds them all"},
    {"_backward_hooks", kAny, "runs in training only"},
    {"_backward_pre_hooks", kAny, "runs in training only"},
    {"_is_full_backward_hook", kAny, "runs in training only"},
    {"_state_dict_hooks", kAny, "runs when a state_dict is made"},
    {"_state_dict_pre_hooks", kAny, "runs when a state_dict is made"},
    {"_load_state_dict_pre_hooks", kAny, "runs when a state_dict is loaded"},
    {"_load_state_dict_post_hooks", kAny, "runs when a state_dict is loaded"},
    {"_forward_hooks", kMustBeEmpty, "no forward hook is registered"},
    {"_forward_hooks_with_kwargs", kMustBeEmpty, "no forward hook is registered"},
    {"_forward_hooks_always_called", kMustBeEmpty, "no forward hook is registered"},
    {"_forward_pre_hooks", kMustBeEmpty, "no forward hook is registered"},
    {"_forward_pre_hooks_with_kwargs", kMustBeEmpty, "no forward hook is registered"},
    {"_is_torch_compile", kAny, "torch.compile was called on it, which computes the same"},
    {"_compiled_call_impl", kMustBeEmpty, "no compiled replacement of forward"},
};

}  // namespace

std::span<const ModuleInternal> module_internals() { return kInternals; }

const ModuleInternal* find_module_internal(std::string_view name) {
  const auto row = std::ranges::find(kInternals, name, &ModuleInternal::name);
  return row == std::end(kInternals) ? nullptr : &*row;
}

}  // namespace modelport
