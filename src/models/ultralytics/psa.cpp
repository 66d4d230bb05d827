#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Position-sensitive attention (YOLOv10, https://arxiv.org/abs/2405.14458).
namespace modelport::ultralytics {

namespace {

/// [N, heads, channels, H W] -> [N, heads channels, H, W].
ValueId as_image(GraphBuilder& b, ValueId x, const Dim& height, const Dim& width) {
  return b.split_axis(b.merge_axes(x, 1, 2), 2, {height, width});
}

}  // namespace

Result<ValueId> attention(Translation& t, const ModuleView& module, ValueId x) {
  TRY(heads, bounded_int(module, "num_heads", 1));
  TRY(head_channels, bounded_int(module, "head_dim", 1));
  TRY(key_channels, bounded_int(module, "key_dim", 1));
  TRY(scale, module.float_attribute("scale"));
  CHECK_OK(expect_channels(t.b, module, x, heads * head_channels));
  const Dim height = t.b.dim(x, 2), width = t.b.dim(x, 3);
  const int64_t per_head = 2 * key_channels + head_channels;
  TRY(qkv, apply_child(t, module, "qkv", x));
  CHECK_OK(expect_channels(t.b, module, qkv, heads * per_head));
  const std::vector<ValueId> parts = t.b.split(t.b.split_axis(t.b.merge_axes(qkv, 2, 2), 1, {heads, per_head}), 2,
                                               {key_channels, key_channels, head_channels});
  const ValueId query = t.b.mul(parts[0], t.b.scalar(scale)), key = parts[1], value = parts[2];
  const ValueId weights = t.b.softmax(t.b.matmul(t.b.permute(query, {0, 1, 3, 2}), key), 3);
  const ValueId attended = t.b.matmul(value, t.b.permute(weights, {0, 1, 3, 2}));
  TRY(position, apply_child(t, module, "pe", as_image(t.b, value, height, width)));
  return apply_child(t, module, "proj", t.b.add(as_image(t.b, attended, height, width), position));
}

Result<ValueId> psa_block(Translation& t, const ModuleView& module, ValueId x) {
  TRY(attended, apply_child(t, module, "attn", x));
  TRY(y, add_if(t, module, "add", x, attended));
  TRY(fed, apply_child(t, module, "ffn", y));
  return add_if(t, module, "add", y, fed);
}

Result<ValueId> psa(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  TRY(attended, apply_child(t, module, "attn", parts[1]));
  const ValueId y = t.b.add(parts[1], attended);
  TRY(fed, apply_child(t, module, "ffn", y));
  return apply_child(t, module, "cv2", t.b.concat({parts[0], t.b.add(y, fed)}, 1));
}

Result<ValueId> c2psa(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  TRY(inner, apply_child(t, module, "m", parts[1]));
  return apply_child(t, module, "cv2", t.b.concat({parts[0], inner}, 1));
}

}  // namespace modelport::ultralytics
