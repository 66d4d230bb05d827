#include "models/ultralytics/modules.h"

/// Attention by channel and by place (https://arxiv.org/abs/1807.06521).
namespace modelport::ultralytics {

Result<ValueId> channel_attention(Translation& t, const ModuleView& module, ValueId x) {
  TRY(pooled, apply_child(t, module, "pool", x));
  TRY(mixed, apply_child(t, module, "fc", pooled));
  TRY(weights, apply_child(t, module, "act", mixed));
  return t.b.mul(x, weights);
}

Result<ValueId> spatial_attention(Translation& t, const ModuleView& module, ValueId x) {
  const ValueId summary = t.b.concat({t.b.reduce_mean(x, {1}), t.b.reduce_max(x, {1})}, 1);
  TRY(mixed, apply_child(t, module, "cv1", summary));
  TRY(weights, apply_child(t, module, "act", mixed));
  return t.b.mul(x, weights);
}

Result<ValueId> cbam(Translation& t, const ModuleView& module, ValueId x) {
  TRY(y, apply_child(t, module, "channel_attention", x));
  return apply_child(t, module, "spatial_attention", y);
}

}  // namespace modelport::ultralytics
