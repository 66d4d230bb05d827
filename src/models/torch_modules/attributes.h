#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "models/layers/weights.h"
#include "models/torch_modules/module_weights.h"
#include "modules/module_view.h"

/// What translations of modules read: attributes that must fit the weights, and the weights themselves.
namespace modelport {

/// Two parts of one module that exclude each other, as kInconsistentModel at that module.
template <class... Args>
Error contradiction(const ModuleView& module, fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInconsistentModel, format, std::forward<Args>(args)...).in(module.where());
}

/// Reads an integer attribute that says again what is known otherwise. kInconsistentModel when it is not `actual`.
Status expect_int(const ModuleView& module, std::string_view name, int64_t actual);

/// Reads two integers in [least, 2^20], such as `stride`. One integer stands for both.
Result<std::array<int64_t, 2>> bounded_pair(const ModuleView& module, std::string_view name, int64_t least);

/// Reads an integer in [least, 2^20].
Result<int64_t> bounded_int(const ModuleView& module, std::string_view name, int64_t least);

/// The attribute `name` as one of the axes of `value`; it may count from the end. kInconsistentModel when there is no
/// such axis.
Result<int64_t> axis_attribute(const GraphBuilder& b, const ModuleView& module, std::string_view name, ValueId value);

/// `eps`, a number from 0.
Result<double> epsilon_attribute(const ModuleView& module);

/// `affine`, which must say whether `weight` and `bias` are there.
Result<Parameter> affine_attribute(const ModuleView& module);

/// A floating-point tensor of the module, converted to float32. kInconsistentModel when its shape is not `shape`.
Result<WeightRecipe> tensor_recipe(const ModuleView& module, std::string_view name, const Tensor& tensor,
                                   const Shape& shape);

/// A floating-point parameter or buffer, or what hooks of torch make in its place (made_weight.h), converted to
/// float32, for modules that use parts of it. kInconsistentModel when its shape is not `shape`.
Result<WeightRecipe> weight_recipe(const ModuleView& module, std::string_view name, const Shape& shape);

/// The same as a constant.
Result<ValueId> weight(GraphBuilder& b, const ModuleView& module, std::string_view name, const Shape& shape);

/// A constant that may be missing or None.
Result<std::optional<ValueId>> optional_weight(GraphBuilder& b, const ModuleView& module, std::string_view name,
                                               const Shape& shape);

/// Size of a value's axis that must be a plain number, such as channels. kInvalidArgument at the module otherwise.
Result<int64_t> fixed_size(const GraphBuilder& b, const ModuleView& module, ValueId value, size_t axis);

/// kInconsistentModel unless `value` has this many channels (axis 1).
Status expect_channels(const GraphBuilder& b, const ModuleView& module, ValueId value, int64_t channels);

}  // namespace modelport
