#include "models/layers/weights.h"

namespace modelport {

Error needs_fixed_sizes(Error error) {
  error.code = ErrorCode::kInvalidArgument;
  error.hint = "leave dynamic_axes out, or set it to \"batch\"";
  return error;
}

Result<ValueId> weight(GraphBuilder& b, const Weights& weights, std::string_view name, const Shape& shape) {
  TRY(values, weights.recipe(name, shape));
  return b.constant(std::move(values));
}

Result<std::optional<ValueId>> weight(GraphBuilder& b, const Weights& weights, std::string_view name,
                                      const Shape& shape, Parameter parameter) {
  const bool is_read = parameter == Parameter::kRequired || (parameter == Parameter::kOptional && weights.has(name));
  if (!is_read) return std::optional<ValueId>();
  TRY(value, weight(b, weights, name, shape));
  return std::optional(value);
}

Result<int64_t> fixed_size(const GraphBuilder& b, ValueId value, size_t axis) {
  const Dim size = b.dim(value, axis);
  if (const std::optional<int64_t> number = size.constant()) return *number;
  return needs_fixed_sizes(unsupported("size of axis {} is {}, a fixed size is needed here", axis, size.text()));
}

Status expect_last_axes(const GraphBuilder& b, ValueId value, const Shape& sizes) {
  const size_t rank = b.shape(value).size();
  if (sizes.size() > rank) return inconsistent("it is over {} axes, {} arrive", sizes.size(), rank);
  for (size_t i = 0; i < sizes.size(); ++i) {
    TRY(size, fixed_size(b, value, rank - sizes.size() + i));
    if (size == sizes[i]) continue;
    Error error =
        inconsistent("it is over the last axes of {}, {} arrive", shape_text(sizes), shape_text(b.shape(value)));
    error.hint = "it was made for one image size: export with the imgsz that it was trained with";
    return error;
  }
  return {};
}

Status expect_channels(const GraphBuilder& b, ValueId value, int64_t channels) {
  TRY(actual, fixed_size(b, value, 1));
  if (actual != channels) return inconsistent("{} channels arrive, {} are expected", actual, channels);
  return {};
}

ValueId per_channel(GraphBuilder& b, const WeightRecipe& values, ValueId like) {
  const size_t rank = b.shape(like).size();
  Shape shape(rank < 2 ? 1 : rank - 1, 1);
  shape[0] = values.shape()[0];
  return b.constant(values.reshape(std::move(shape)));
}

Result<std::optional<ChannelRecipes>> channel_affine(const Weights& weights, int64_t channels, Parameter parameter) {
  if (parameter == Parameter::kAbsent) return std::optional<ChannelRecipes>();
  const bool has_scale = weights.has("weight"), has_bias = weights.has("bias");
  if (parameter == Parameter::kOptional && !has_scale && !has_bias) return std::optional<ChannelRecipes>();
  TRY(scale, weights.recipe("weight", {channels}));
  TRY(bias, weights.recipe("bias", {channels}));
  return std::optional(ChannelRecipes{std::move(scale), std::move(bias)});
}

ValueId scaled_channels(GraphBuilder& b, ValueId x, const std::optional<ChannelRecipes>& affine) {
  if (!affine) return x;
  return b.add(b.mul(x, per_channel(b, affine->scale, x)), per_channel(b, affine->bias, x));
}

}  // namespace modelport
