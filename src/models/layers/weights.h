#pragma once

#include <optional>
#include <string_view>

#include "ops/graph_builder.h"
#include "weights/weights.h"

/// What layers share: weights as constants, and errors of what cannot be built.
namespace modelport {

/// Whether a layer has a parameter.
enum class Parameter {
  kRequired,  ///< The architecture says so: missing is an error.
  kOptional,  ///< Whoever reads it takes what is stored.
  kAbsent,    ///< It is not looked for; stored, it stays unaccounted for.
};

/// What cannot be built, as kUnsupportedModel; the caller says where.
template <class... Args>
Error unsupported(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kUnsupportedModel, format, std::forward<Args>(args)...);
}

/// Settings or sizes that exclude each other, as kInconsistentModel; the caller says where.
template <class... Args>
Error inconsistent(fmt::format_string<Args...> format, Args&&... args) {
  return fail(ErrorCode::kInconsistentModel, format, std::forward<Args>(args)...);
}

/// `error` as one of the option dynamic_axes: kInvalidArgument, with what to set.
Error needs_fixed_sizes(Error error);

/// A weight of this shape as a float32 constant (Weights::recipe).
Result<ValueId> weight(GraphBuilder& b, const Weights& weights, std::string_view name, const Shape& shape);
/// The same; nothing where there is none.
Result<std::optional<ValueId>> weight(GraphBuilder& b, const Weights& weights, std::string_view name,
                                      const Shape& shape, Parameter parameter);

/// Size of a value's axis that must be a plain number, such as channels.
Result<int64_t> fixed_size(const GraphBuilder& b, ValueId value, size_t axis);

/// kInconsistentModel unless the last axes of `value` have these sizes.
Status expect_last_axes(const GraphBuilder& b, ValueId value, const Shape& sizes);

/// kInconsistentModel unless `value` has this many channels (axis 1).
Status expect_channels(const GraphBuilder& b, ValueId value, int64_t channels);

/// [C] as a constant that broadcasts over the axes of `like` behind its channels: [C, 1, 1] for an image.
ValueId per_channel(GraphBuilder& b, const WeightRecipe& values, ValueId like);

/// Scale and bias [channels] of a norm.
struct ChannelRecipes {
  WeightRecipe scale, bias;
};
/// `weight` and `bias`; nothing where they are absent. kInconsistentModel where only one is there.
Result<std::optional<ChannelRecipes>> channel_affine(const Weights& weights, int64_t channels, Parameter parameter);

/// x [N, C, ...] times scale plus bias; x itself where there are none.
ValueId scaled_channels(GraphBuilder& b, ValueId x, const std::optional<ChannelRecipes>& affine);

}  // namespace modelport
