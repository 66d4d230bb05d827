#include <algorithm>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

namespace {

/// Classes among which the framework's predictor names the best.
constexpr int64_t kTopK = 5;

}  // namespace

Result<ValueId> classify(Translation& t, const ModuleView& module, std::span<const ValueId> inputs) {
  const ValueId x = inputs.size() == 1 ? inputs[0] : t.b.concat({inputs.begin(), inputs.end()}, 1);
  TRY(features, apply_child(t, module, "conv", x));
  TRY(pooled, apply_child(t, module, "pool", features));
  TRY(kept, apply_child(t, module, "drop", pooled));
  TRY(logits, apply_child(t, module, "linear", t.b.merge_axes(kept, 1, 3)));
  TRY(class_count, fixed_size(t.b, module, logits, 1));
  const ValueId output = t.b.softmax(logits, 1);

  t.b.output("output0", output);
  t.b.probe("class_logits", logits);
  t.model.outputs = {{.name = "output0", .layout = "NC", .role = Role::kScores, .groups = {}}};
  t.model.probes = {{.name = "class_logits", .layout = "NC", .role = Role::kLogits, .groups = {}}};
  t.model.facts.top_k = std::min(kTopK, class_count);
  t.class_count = class_count;
  return output;
}

}  // namespace modelport::ultralytics
