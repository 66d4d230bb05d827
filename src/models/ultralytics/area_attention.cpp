#include <cmath>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Attention within parts of the image (YOLO12, https://arxiv.org/abs/2502.12524).
namespace modelport::ultralytics {

namespace {

/// [N, C, pixels] -> [N area, C, pixels / area]: consecutive pixels, `area` parts.
ValueId to_areas(GraphBuilder& b, ValueId x, int64_t area) {
  if (area == 1) return x;
  const Dim part = floor_div(b.dim(x, 2), area);
  return b.merge_axes(b.permute(b.split_axis(x, 2, {area, part}), {0, 2, 1, 3}), 0, 2);
}

/// The reverse.
ValueId from_areas(GraphBuilder& b, ValueId x, int64_t area, const Dim& batch) {
  if (area == 1) return x;
  return b.merge_axes(b.permute(b.split_axis(x, 0, {batch, area}), {0, 2, 1, 3}), 2, 2);
}

}  // namespace

Result<ValueId> area_attention(Translation& t, const ModuleView& module, ValueId x) {
  TRY(area, bounded_int(module, "area", 1));
  TRY(heads, bounded_int(module, "num_heads", 1));
  TRY(head_channels, bounded_int(module, "head_dim", 1));
  if (module.has_attribute("all_head_dim")) CHECK_OK(expect_int(module, "all_head_dim", heads * head_channels));
  const Dim batch = t.b.dim(x, 0), height = t.b.dim(x, 2), width = t.b.dim(x, 3);
  TRY(qkv, apply_child(t, module, "qkv", x));
  CHECK_OK(expect_channels(t.b, module, qkv, 3 * heads * head_channels));
  const ValueId in_areas = to_areas(t.b, t.b.merge_axes(qkv, 2, 2), area);
  const std::vector<ValueId> parts = t.b.split(t.b.split_axis(in_areas, 1, {heads, 3 * head_channels}), 2,
                                               {head_channels, head_channels, head_channels});
  const ValueId scale = t.b.scalar(std::pow(static_cast<double>(head_channels), -0.5));
  const ValueId query = t.b.permute(t.b.mul(parts[0], scale), {0, 1, 3, 2}), key = parts[1], value = parts[2];
  const ValueId weights = t.b.softmax(t.b.matmul(query, key), 3);
  const ValueId attended = t.b.matmul(value, t.b.permute(weights, {0, 1, 3, 2}));
  const auto as_image = [&](ValueId per_head) {
    const ValueId pixels = from_areas(t.b, t.b.merge_axes(per_head, 1, 2), area, batch);
    return t.b.split_axis(pixels, 2, {height, width});
  };
  TRY(position, apply_child(t, module, "pe", as_image(value)));
  return apply_child(t, module, "proj", t.b.add(as_image(attended), position));
}

Result<ValueId> a_block(Translation& t, const ModuleView& module, ValueId x) {
  TRY(attended, apply_child(t, module, "attn", x));
  const ValueId y = t.b.add(x, attended);
  TRY(fed, apply_child(t, module, "mlp", y));
  return t.b.add(y, fed);
}

Result<ValueId> a2c2f(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, apply_child(t, module, "cv1", x));
  TRY(blocks, module_list(module, "m"));
  std::vector<ValueId> parts{hidden};
  for (const ModuleView& block : blocks) {
    TRY(y, apply(t, block, parts.back()));
    parts.push_back(y);
  }
  TRY(y, apply_child(t, module, "cv2", t.b.concat(std::move(parts), 1)));
  TRY(channels, fixed_size(t.b, module, y, 1));
  // A plain None where the block has no residual; else a parameter.
  if (module.has_attribute("gamma") && !module.is_none("gamma")) return module.fail("gamma is no parameter");
  TRY(gamma, optional_weight(t.b, module, "gamma", {channels}));
  if (!gamma) return y;
  return t.b.add(x, t.b.mul(t.b.split_axis(*gamma, 0, {channels, 1, 1}), y));
}

}  // namespace modelport::ultralytics
