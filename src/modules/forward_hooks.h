#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "checkpoint/pickle_value.h"

namespace modelport {

/// A function or object that torch calls before or after a module's forward().
struct ForwardHook {
  std::string name;                      ///< "torch.nn.utils.weight_norm.WeightNorm"
  const PickleObject* object = nullptr;  ///< Null for plain functions.
  enum class Effect {
    kNone,          ///< Counts what passes.
    kMakesWeight,   ///< Computes a parameter from others: torch.nn.utils.weight_norm and spectral_norm.
    kPrunesWeight,  ///< The same by a mask, which torch itself does not export: torch.nn.utils.prune.
    kUnknown,
  } effect = Effect::kUnknown;
};

/// The hooks in a module's `_forward_hooks` or `_forward_pre_hooks`.
std::vector<ForwardHook> forward_hooks(const PickleObject& module, std::string_view slot);

/// Why a module with these hooks is not what its class says, and what to call before saving; nothing where it is, or
/// where the hooks only make its weights.
std::optional<Error> explain_forward_hooks(const PickleObject& module, const std::string& where);

}  // namespace modelport
