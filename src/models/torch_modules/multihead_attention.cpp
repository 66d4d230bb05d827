#include "models/torch_modules/multihead_attention.h"

#include "models/torch_modules/attributes.h"

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

/// The projection behind the heads, whose attributes repeat its width.
Status check_projection(const ModuleView& module, int64_t width) {
  TRY(out, module.child("out_proj"));
  if (out.class_name() != kProjectionClass && out.class_name() != "torch.nn.modules.linear.Linear")
    return out.fail("a Linear is expected here");
  CHECK_OK(expect_int(out, "in_features", width));
  return expect_int(out, "out_features", width);
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
  CHECK_OK(check_projection(module, width));
  return multihead_attention(b, weights_of(module), inputs, {width, heads, Parameter::kOptional});
}

}  // namespace modelport
