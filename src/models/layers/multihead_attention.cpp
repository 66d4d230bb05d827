#include "models/layers/multihead_attention.h"

#include <cmath>

#include "models/layers/linear.h"
#include "models/layers/weights.h"

namespace modelport {

namespace {

constexpr std::string_view kClass = "torch.nn.modules.activation.MultiheadAttention";
constexpr std::string_view kProjectionClass = "torch.nn.modules.linear.NonDynamicallyQuantizableLinear";

Status require_plain(const ModuleView& module, int64_t width) {
  CHECK_OK(expect_int(module, "kdim", width));
  CHECK_OK(expect_int(module, "vdim", width));
  TRY(same, module.bool_attribute("_qkv_same_embed_dim"));
  TRY(zero, module.bool_attribute("add_zero_attn"));
  if (!same) return module.fail("_qkv_same_embed_dim is False, which is not supported");
  if (zero) return module.fail("add_zero_attn is True, which is not supported");
  for (const std::string_view name : {"bias_k", "bias_v"}) {
    if (module.optional_tensor(name) || !module.is_none(name))
      return module.fail("it has {}, which is not supported", name);
  }
  return {};
}

/// [N, L, heads channels] -> [N, heads, L, channels].
ValueId by_head(GraphBuilder& b, ValueId x, int64_t heads, int64_t channels) {
  return b.permute(b.split_axis(x, 2, {heads, channels}), {0, 2, 1, 3});
}

}  // namespace

Result<ValueId> multihead_attention(GraphBuilder& b, const ModuleView& module, const AttentionInputs& inputs,
                                    SequenceOrder order) {
  if (module.class_name() != kClass) return module.fail("a MultiheadAttention is expected here");
  TRY(width, bounded_int(module, "embed_dim", 1));
  TRY(heads, bounded_int(module, "num_heads", 1));
  TRY(channels, bounded_int(module, "head_dim", 1));
  TRY(batch_first, module.bool_attribute("batch_first"));
  if (batch_first != (order == SequenceOrder::kBatchFirst)) {
    return module.fail("batch_first is {} here, which is not supported", batch_first ? "True" : "False");
  }
  if (heads * channels != width) {
    return contradiction(module, "{} heads of {} channels are not {}", heads, channels, width);
  }
  CHECK_OK(require_plain(module, width));
  TRY(weights, weight_recipe(module, "in_proj_weight", {3 * width, width}));
  std::optional<WeightRecipe> biases;
  if (module.optional_tensor("in_proj_bias")) {
    TRY(recipe, weight_recipe(module, "in_proj_bias", {3 * width}));
    biases = std::move(recipe);
  }
  const auto project = [&](ValueId x, int64_t part) {
    const int64_t begin = part * width, end = begin + width;
    std::optional<ValueId> bias;
    if (biases) bias = b.constant(biases->slice(0, begin, end));
    return by_head(b, b.linear(x, b.constant(weights.slice(0, begin, end)), bias), heads, channels);
  };
  const ValueId query = project(inputs.query, 0), key = project(inputs.key, 1), value = project(inputs.value, 2);
  const ValueId attended = b.attention(query, key, value, 1.0 / std::sqrt(static_cast<double>(channels)));
  TRY(out, module.child("out_proj"));
  if (out.class_name() != kProjectionClass && out.class_name() != "torch.nn.modules.linear.Linear") {
    return out.fail("a Linear is expected here");
  }
  return linear(b, out, b.merge_axes(b.permute(attended, {0, 2, 1, 3}), 2, 2));
}

}  // namespace modelport
