#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "graph/weight_recipe.h"
#include "modules/module_view.h"

namespace modelport {

/// A hook of torch.nn.utils that makes the parameter `parameter` from others before every forward().
struct WeightMaker {
  enum class Kind { kWeightNorm, kSpectralNorm } kind;
  std::string parameter;  ///< "weight"
  int64_t axis;           ///< `dim` of the hook; -1: none.
};

/// The hook that makes `name`, where there is one.
std::optional<WeightMaker> weight_maker(const ModuleView& module, std::string_view name);

/// What it makes in evaluation mode, in float64 from the stored tensors: weight_norm's g v / |v|, with a norm for each
/// position on the axis, or spectral_norm's orig / (u W v). Accounts for the hook and for the value that the module has
/// cached. kInconsistentModel when shapes do not fit.
Result<WeightRecipe> made_weight(const ModuleView& module, const WeightMaker& maker, const Shape& shape);

}  // namespace modelport
