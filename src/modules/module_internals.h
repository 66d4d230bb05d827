#pragma once

#include <span>
#include <string_view>

namespace modelport {

/// An entry of every nn.Module's `__dict__` that torch.nn.Module itself keeps (torch/nn/modules/module.py, __init__).
struct ModuleInternal {
  std::string_view name;
  /// Hooks that run in forward would change the result: only empty ones can be left out.
  enum class Condition { kAny, kMustBeEmpty } condition;
  std::string_view reason;
};

std::span<const ModuleInternal> module_internals();

/// The row of this name, or null.
const ModuleInternal* find_module_internal(std::string_view name);

}  // namespace modelport
