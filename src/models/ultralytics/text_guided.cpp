#include <cmath>
#include <limits>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Blocks that weigh pixels by their likeness to the classes' text features, and features by the image (YOLO-World,
/// https://arxiv.org/abs/2401.17270).
namespace modelport::ultralytics {

namespace {

Result<ValueId> guide_of(const Translation& t, const ModuleView& module) {
  if (t.text) return t.text->guide;
  return module.fail("it needs text features, which only a WorldModel and a YOLOEModel hand on");
}

/// `scale`: a parameter, or the number 1.0 where the block was built without.
Result<ValueId> scaled(GraphBuilder& b, const ModuleView& module, ValueId x, const Shape& shape) {
  TRY(scale, optional_weight(b, module, "scale", shape));
  if (scale) return b.mul(x, *scale);
  TRY(factor, module.float_attribute("scale"));
  if (factor != 1.0) return module.fail("scale is {}, a parameter or 1.0 is expected", factor);
  return x;
}

/// [N, L, heads channels] -> [N, heads, L, channels].
ValueId by_head(GraphBuilder& b, ValueId x, int64_t heads, int64_t channels) {
  return b.permute(b.split_axis(x, 2, {heads, channels}), {0, 2, 1, 3});
}

/// torch.nn.functional.normalize(x, p=2, dim=axis).
ValueId normalize(GraphBuilder& b, ValueId x, int64_t axis) {
  const Clip not_zero{.min = 1e-12, .max = std::numeric_limits<float>::max()};
  return b.div(x, b.unary(not_zero, b.unary(Sqrt{}, b.reduce_sum(b.mul(x, x), {axis}))));
}

/// (w @ x) exp(logit_scale) + bias for x [N, C, H, W], w [1 or N, classes, C] -> [N, classes, H, W].
Result<ValueId> similarity(Translation& t, const ModuleView& module, ValueId x, ValueId w) {
  GraphBuilder& b = t.b;
  TRY(logit_scale, weight(b, module, "logit_scale", {}));
  TRY(bias, weight(b, module, "bias", {1}));
  const ValueId flat = b.matmul(w, b.merge_axes(x, 2, 2));
  const ValueId y = b.split_axis(flat, 2, {b.dim(x, 2), b.dim(x, 3)});
  return b.add(b.mul(y, b.unary(Exp{}, logit_scale)), bias);
}

}  // namespace

Result<ValueId> c2f_attention(Translation& t, const ModuleView& module, ValueId x) {
  CHECK_OK(expect_forward(module, "forward_split"));
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  TRY(blocks, module_list(module, "m"));
  for (const ModuleView& block : blocks) {
    TRY(y, apply(t, block, parts.back()));
    parts.push_back(y);
  }
  TRY(attended, apply_child(t, module, "attn", parts.back()));
  parts.push_back(attended);
  return apply_child(t, module, "cv2", t.b.concat(std::move(parts), 1));
}

Result<ValueId> max_sigmoid_attention(Translation& t, const ModuleView& module, ValueId x) {
  GraphBuilder& b = t.b;
  TRY(text, guide_of(t, module));
  TRY(heads, bounded_int(module, "nh", 1));
  TRY(channels, bounded_int(module, "hc", 1));
  TRY(guide, apply_child(t, module, "gl", text));
  ValueId embedded = x;
  if (!module.is_none("ec") || module.has_child("ec")) {
    TRY(y, apply_child(t, module, "ec", x));
    embedded = y;
  }
  const Dim height = b.dim(x, 2), width = b.dim(x, 3);
  const ValueId pixels = b.merge_axes(b.split_axis(embedded, 1, {heads, channels}), 3, 2);
  const ValueId classes = b.permute(b.split_axis(guide, 2, {heads, channels}), {0, 2, 3, 1});
  const ValueId likeness = b.reduce_max(b.matmul(b.permute(pixels, {0, 1, 3, 2}), classes), {3});
  const ValueId best = b.split_axis(b.merge_axes(likeness, 2, 2), 2, {height, width});
  TRY(bias, weight(b, module, "bias", {heads}));
  const ValueId shifted =
      b.add(b.div(best, b.scalar(std::sqrt(static_cast<double>(channels)))), b.split_axis(bias, 0, {1, heads, 1, 1}));
  TRY(weights, scaled(b, module, b.unary(Sigmoid{}, shifted), {1, heads, 1, 1}));
  TRY(projected, apply_child(t, module, "proj_conv", x));
  TRY(out_channels, fixed_size(b, module, projected, 1));
  if (out_channels % heads != 0) {
    return contradiction(module, "{} channels are no multiple of {} heads", out_channels, heads);
  }
  const ValueId grouped = b.split_axis(projected, 1, {heads, out_channels / heads});
  return b.merge_axes(b.mul(grouped, b.split_axis(weights, 1, {heads, 1})), 1, 2);
}

Result<ValueId> image_pooling_attention(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  GraphBuilder& b = t.b;
  TRY(text, guide_of(t, module));
  TRY(heads, bounded_int(module, "nh", 1));
  TRY(channels, bounded_int(module, "hc", 1));
  TRY(width, bounded_int(module, "ec", 1));
  CHECK_OK(expect_int(module, "nf", static_cast<int64_t>(inputs.size())));
  if (heads * channels != width)
    return contradiction(module, "{} heads of {} channels are not {}", heads, channels, width);
  TRY(projections, module_list(module, "projections"));
  TRY(pools, module_list(module, "im_pools"));
  if (projections.size() != inputs.size() || pools.size() != inputs.size()) {
    return contradiction(module, "it has {} projections and {} pools for {} inputs", projections.size(), pools.size(),
                         inputs.size());
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < inputs.size(); ++i) {
    TRY(projected, apply(t, projections[i], inputs[i]));
    TRY(pooled, apply(t, pools[i], projected));
    parts.push_back(b.merge_axes(pooled, 2, 2));
  }
  const ValueId patches = b.permute(b.concat(std::move(parts), 2), {0, 2, 1});
  TRY(query, apply_child(t, module, "query", text));
  TRY(key, apply_child(t, module, "key", patches));
  TRY(value, apply_child(t, module, "value", patches));
  const ValueId turned = b.permute(b.split_axis(key, 2, {heads, channels}), {0, 2, 3, 1});
  const ValueId likeness =
      b.div(b.matmul(by_head(b, query, heads, channels), turned), b.scalar(std::sqrt(static_cast<double>(channels))));
  const ValueId attended = b.matmul(b.softmax(likeness, 3), by_head(b, value, heads, channels));
  TRY(projected, apply_child(t, module, "proj", b.merge_axes(b.permute(attended, {0, 2, 1, 3}), 2, 2)));
  TRY(weighed, scaled(b, module, projected, {1}));
  t.text->guide = b.add(weighed, text);
  return t.text->guide;
}

Result<ValueId> contrastive_head(Translation& t, const ModuleView& module, ValueId x) {
  if (!t.text) return guide_of(t, module);
  return similarity(t, module, normalize(t.b, x, 1), normalize(t.b, t.text->features, 2));
}

Result<ValueId> bn_contrastive_head(Translation& t, const ModuleView& module, ValueId x) {
  CHECK_OK(expect_forward(module, module.has_child("norm") ? "forward" : "forward_fuse"));
  if (!module.has_child("norm")) return x;
  if (!t.text) return guide_of(t, module);
  TRY(normalised, apply_child(t, module, "norm", x));
  return similarity(t, module, normalised, normalize(t.b, t.text->features, 2));
}

}  // namespace modelport::ultralytics
