#include "models/torch_modules/attributes.h"
#include "models/ultralytics/modules.h"

/// The head that classifies every pixel.
namespace modelport::ultralytics {

namespace {

/// Pixels of the input per cell of the finest level.
constexpr int64_t kUpsampling = 8;

}  // namespace

Result<ValueId> semantic_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(class_count, bounded_int(module, "nc", 1));
  TRY(strides, module.float_list_attribute("stride"));
  CHECK_OK(expect_int(module, "nl", static_cast<int64_t>(levels.size())));
  module.ignore("aux_head", "a loss of training");
  TRY(logits, apply_child(t, module, "classifier", levels[0]));
  CHECK_OK(expect_channels(t.b, module, logits, class_count));
  const ValueId output = t.b.resize(logits, {.height = Dim(kUpsampling) * t.b.dim(logits, 2),
                                             .width = Dim(kUpsampling) * t.b.dim(logits, 3),
                                             .mode = ResizeMode::kLinear,
                                             .coordinates = ResizeCoordinates::kHalfPixel});
  t.b.output("output0", output);
  t.b.probe("class_logits", logits);
  t.model.outputs = {{.name = "output0", .layout = "NCHW", .role = Role::kLogits, .groups = {}}};
  t.model.probes = {{.name = "class_logits", .layout = "NCHW", .role = Role::kLogits, .groups = {}}};
  t.model.facts.class_map = class_count == 1 ? "logits: the class where above 0" : "logits: the largest is the class";
  t.class_count = class_count;
  t.level_strides = std::move(strides);
  return output;
}

}  // namespace modelport::ultralytics
