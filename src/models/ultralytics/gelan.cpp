#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// Blocks of YOLOv9 (https://arxiv.org/abs/2402.13616).
namespace modelport::ultralytics {

namespace {

/// F.avg_pool2d(x, 2, 1, 0, False, True).
ValueId smooth(GraphBuilder& b, ValueId x) { return b.average_pool(x, {.kernel = {2, 2}, .strides = {1, 1}}); }

}  // namespace

Result<ValueId> rep_ncsp_elan4(Translation& t, const ModuleView& module, ValueId x) {
  CHECK_OK(expect_forward(module, "forward_split"));
  TRY(hidden, module.int_attribute("c"));
  TRY(both, apply_child(t, module, "cv1", x));
  TRY(parts, halves(t, module, both, hidden));
  for (const std::string_view name : {"cv2", "cv3"}) {
    TRY(y, apply_child(t, module, name, parts.back()));
    parts.push_back(y);
  }
  return apply_child(t, module, "cv4", t.b.concat(std::move(parts), 1));
}

Result<ValueId> a_conv(Translation& t, const ModuleView& module, ValueId x) {
  return apply_child(t, module, "cv1", smooth(t.b, x));
}

Result<ValueId> a_down(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, module.int_attribute("c"));
  TRY(channels, fixed_size(t.b, module, x, 1));
  TRY(parts, halves(t, module, smooth(t.b, x), channels / 2));
  TRY(convolved, apply_child(t, module, "cv1", parts[0]));
  const ValueId pooled = t.b.max_pool(parts[1], {.kernel = {3, 3}, .strides = {2, 2}, .pads = {1, 1, 1, 1}});
  TRY(mixed, apply_child(t, module, "cv2", pooled));
  CHECK_OK(expect_channels(t.b, module, mixed, hidden));
  return t.b.concat({convolved, mixed}, 1);
}

Result<ValueId> spp_elan(Translation& t, const ModuleView& module, ValueId x) {
  TRY(hidden, module.int_attribute("c"));
  TRY(y, apply_child(t, module, "cv1", x));
  CHECK_OK(expect_channels(t.b, module, y, hidden));
  std::vector<ValueId> parts{y};
  for (const std::string_view name : {"cv2", "cv3", "cv4"}) {
    TRY(pooled, apply_child(t, module, name, parts.back()));
    parts.push_back(pooled);
  }
  return apply_child(t, module, "cv5", t.b.concat(std::move(parts), 1));
}

Result<ValueId> cb_linear(Translation& t, const ModuleView& module, ValueId x) {
  TRY(widths, module.int_list_attribute("c2s"));
  TRY(y, apply_child(t, module, "conv", x));
  std::vector<Dim> sizes(widths.begin(), widths.end());
  t.tuples[y] = t.b.split(y, 1, std::move(sizes));
  return y;
}

Result<ValueId> cb_fuse(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  TRY(indices, module.int_list_attribute("idx"));
  if (inputs.empty() || indices.size() != inputs.size() - 1) {
    return contradiction(module, "idx has {} numbers for {} inputs", indices.size(), inputs.size());
  }
  const ValueId target = inputs.back();
  std::optional<ValueId> sum;
  for (size_t i = 0; i < indices.size(); ++i) {
    const auto parts = t.tuples.find(inputs[i]);
    if (parts == t.tuples.end() || indices[i] < 0 || indices[i] >= static_cast<int64_t>(parts->second.size())) {
      return contradiction(module, "input {} has no part {}", i, indices[i]);
    }
    const ValueId part = parts->second[static_cast<size_t>(indices[i])];
    const ValueId resized = t.b.resize(part, {t.b.dim(target, 2), t.b.dim(target, 3)});
    sum = sum ? t.b.add(*sum, resized) : resized;
  }
  return sum ? t.b.add(*sum, target) : target;
}

}  // namespace modelport::ultralytics
