#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// What every layer needs to read a module: weights as constants, and attributes that must fit them.
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

/// Size of a value's axis that must be a plain number, such as channels. kUnsupportedModel at the module otherwise.
Result<int64_t> fixed_size(const GraphBuilder& b, const ModuleView& module, ValueId value, size_t axis);

/// The last axes of `value` must have these sizes, numbers that no option leaves open: kInconsistentModel with both.
Status expect_last_axes(const GraphBuilder& b, const ModuleView& module, ValueId value, const Shape& sizes);

/// `error` as one of the option dynamic_axes: kInvalidArgument, with what to set.
Error needs_fixed_sizes(Error error);

/// The attribute `name` as one of the axes of `value`; it may count from the end. kInconsistentModel when there is no
/// such axis.
Result<int64_t> axis_attribute(const GraphBuilder& b, const ModuleView& module, std::string_view name, ValueId value);

/// [C] as a constant that broadcasts over the axes of `like` behind its channels: [C, 1, 1] for an image.
ValueId per_channel(GraphBuilder& b, const WeightRecipe& values, ValueId like);

/// `eps`, a number from 0.
Result<double> epsilon_attribute(const ModuleView& module);

/// Scale and bias [channels] of a norm.
struct ChannelAffine {
  int64_t channels;
  ValueId scale, bias;
};
/// The parameters of a norm with `affine`: scale 1 and bias 0 where it is False.
Result<ChannelAffine> channel_affine(GraphBuilder& b, const ModuleView& module, int64_t channels);

struct ChannelRecipes {
  WeightRecipe scale, bias;
};
/// The same; nothing where `affine` is False.
Result<std::optional<ChannelRecipes>> optional_channel_affine(const ModuleView& module, int64_t channels);

/// x [N, C, ...] times scale plus bias; x itself where there are none.
ValueId scaled_channels(GraphBuilder& b, ValueId x, const std::optional<ChannelRecipes>& affine);

/// kInconsistentModel unless `value` has this many channels (axis 1).
Status expect_channels(const GraphBuilder& b, const ModuleView& module, ValueId value, int64_t channels);

}  // namespace modelport
