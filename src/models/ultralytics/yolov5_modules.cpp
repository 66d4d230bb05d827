#include <algorithm>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/yolov5.h"

namespace modelport::ultralytics {

namespace {

/// Classes among which its predictor names the best.
constexpr int64_t kTopK = 5;

}  // namespace

Result<ValueId> yolov5_classify(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  const ValueId x = inputs.size() == 1 ? inputs[0] : t.b.concat({inputs.begin(), inputs.end()}, 1);
  TRY(features, apply_child(t, module, "conv", x));
  TRY(pooled, apply_child(t, module, "pool", features));
  TRY(kept, apply_child(t, module, "drop", pooled));
  TRY(logits, apply_child(t, module, "linear", t.b.merge_axes(kept, 1, 3)));
  TRY(class_count, fixed_size(t.b, module, logits, 1));
  t.b.output("output0", logits);
  t.model.outputs = {{.name = "output0", .layout = "NC", .role = Role::kLogits, .groups = {}}};
  t.model.facts.top_k = std::min(kTopK, class_count);
  t.class_count = class_count;
  return logits;
}

Result<ValueId> contract(Translation& t, const ModuleView& module, ValueId x) {
  TRY(gain, bounded_int(module, "gain", 1));
  const Dim height = floor_div(t.b.dim(x, 2), gain), width = floor_div(t.b.dim(x, 3), gain);
  const ValueId apart = t.b.split_axis(t.b.split_axis(x, 3, {width, gain}), 2, {height, gain});
  return t.b.merge_axes(t.b.permute(apart, {0, 3, 5, 1, 2, 4}), 1, 3);
}

Result<ValueId> expand(Translation& t, const ModuleView& module, ValueId x) {
  TRY(gain, bounded_int(module, "gain", 1));
  TRY(channels, fixed_size(t.b, module, x, 1));
  if (channels % (gain * gain) != 0) {
    return module.fail("{} channels arrive, a multiple of {} is expected", channels, gain * gain);
  }
  const ValueId apart = t.b.split_axis(x, 1, {gain, gain, channels / (gain * gain)});
  return t.b.merge_axes(t.b.merge_axes(t.b.permute(apart, {0, 3, 4, 1, 5, 2}), 4, 2), 2, 2);
}

}  // namespace modelport::ultralytics
