#include "models/layers/multihead_attention.h"

#include <cmath>

#include "models/layers/linear.h"

namespace modelport {

namespace {

/// [N, L, heads channels] -> [N, heads, L, channels].
ValueId by_head(GraphBuilder& b, ValueId x, int64_t heads, int64_t channels) {
  return b.permute(b.split_axis(x, 2, {heads, channels}), {0, 2, 1, 3});
}

/// Of queries, keys and values by head -> [N, L, heads channels].
ValueId attend(GraphBuilder& b, const AttentionInputs& heads, int64_t channels) {
  const ValueId attended =
      b.attention(heads.query, heads.key, heads.value, 1.0 / std::sqrt(static_cast<double>(channels)));
  return b.merge_axes(b.permute(attended, {0, 2, 1, 3}), 2, 2);
}

}  // namespace

Result<ValueId> attention(GraphBuilder& b, const AttentionInputs& inputs, int64_t heads) {
  TRY(width, fixed_size(b, inputs.query, 2));
  if (width % heads != 0) return inconsistent("{} heads do not divide {} channels", heads, width);
  const int64_t channels = width / heads;
  const auto split = [&](ValueId x) { return by_head(b, x, heads, channels); };
  const ValueId query = split(inputs.query), key = split(inputs.key), value = split(inputs.value);
  return attend(b, {query, key, value}, channels);
}

Result<ValueId> multihead_attention(GraphBuilder& b, const Weights& weights, const AttentionInputs& inputs,
                                    const MultiheadAttentionLayer& layer) {
  const auto [width, heads, with_bias] = layer;
  if (width % heads != 0) return contradiction(weights, "{} heads do not divide {} channels", heads, width);
  const int64_t channels = width / heads;
  TRY(matrices, weights.recipe("in_proj_weight", {3 * width, width}));
  std::optional<WeightRecipe> biases;
  if (with_bias == Parameter::kRequired || (with_bias == Parameter::kOptional && weights.has("in_proj_bias"))) {
    TRY(found, weights.recipe("in_proj_bias", {3 * width}));
    biases = std::move(found);
  }
  const auto project = [&](ValueId x, int64_t part) {
    const int64_t begin = part * layer.width, end = begin + layer.width;
    std::optional<ValueId> bias;
    if (biases) bias = b.constant(biases->slice(0, begin, end));
    return by_head(b, b.linear(x, b.constant(matrices.slice(0, begin, end)), bias), layer.heads, channels);
  };
  const ValueId query = project(inputs.query, 0), key = project(inputs.key, 1), value = project(inputs.value, 2);
  const ValueId attended = attend(b, {query, key, value}, channels);
  return linear(b, weights / "out_proj", attended, {.in_features = width, .out_features = width, .bias = with_bias});
}

}  // namespace modelport
