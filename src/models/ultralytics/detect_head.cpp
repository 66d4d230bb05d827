#include "models/ultralytics/detect_head.h"

#include "models/layers/weights.h"
#include "models/ultralytics/anchors.h"

namespace modelport::ultralytics {

Result<DetectHead> read_detect_head(const ModuleView& module, size_t levels) {
  TRY(class_count, bounded_int(module, "nc", 1));
  TRY(bins, bounded_int(module, "reg_max", 1));
  TRY(strides, module.float_list_attribute("stride"));
  CHECK_OK(expect_int(module, "nl", static_cast<int64_t>(levels)));
  if (strides.size() != levels) {
    return contradiction(module, "stride has {} numbers for {} levels", strides.size(), levels);
  }
  for (const double stride : strides) {
    if (!(stride > 0)) return contradiction(module, "stride is {}", stride);
  }
  return DetectHead{class_count, bins, std::move(strides)};
}

Result<ValueId> head_branch(Translation& t, const ModuleView& module, std::string_view name,
                            std::span<const ValueId> levels, int64_t channels) {
  TRY(layers, module_list(module, name));
  if (layers.size() != levels.size()) {
    return contradiction(module, "{} has {} parts for {} levels", name, layers.size(), levels.size());
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(y, apply(t, layers[i], levels[i]));
    CHECK_OK(expect_channels(t.b, layers[i], y, channels));
    parts.push_back(t.b.merge_axes(y, 2, 2));
  }
  return t.b.concat(std::move(parts), 2);
}

Result<ValueId> decode_boxes(Translation& t, const ModuleView& module, const DetectHead& head, ValueId distributions,
                             std::span<const ValueId> levels) {
  TRY(distances, apply_child(t, module, "dfl", distributions));
  CHECK_OK(expect_channels(t.b, module, distances, 4));
  const Anchors anchors = make_anchors(t.b, levels, head.strides);
  return t.b.mul(boxes_from_distances(t.b, distances, anchors.centres), anchors.strides);
}

ValueId finish_detection(Translation& t, const DetectHead& head, ValueId boxes, ValueId logits,
                         std::optional<ValueId> extra) {
  std::vector<ValueId> parts{boxes, t.b.unary(Sigmoid{}, logits)};
  if (extra) parts.push_back(*extra);
  const ValueId output = t.b.concat(std::move(parts), 1);
  t.b.output("output0", output);
  t.b.probe("boxes", boxes);
  t.b.probe("class_logits", logits);
  const int64_t classes_end = 4 + head.class_count;
  t.model.outputs = {{.name = "output0",
                      .layout = "NCA",
                      .role = Role::kFeatures,
                      .groups = {{.name = "boxes", .role = Role::kBoxesPx, .begin = 0, .end = 4},
                                 {.name = "scores", .role = Role::kScores, .begin = 4, .end = classes_end}}}};
  t.model.probes = {{.name = "boxes", .layout = "NCA", .role = Role::kBoxesPx, .groups = {}},
                    {.name = "class_logits", .layout = "NCA", .role = Role::kLogits, .groups = {}}};
  t.model.facts.detection = DetectionFacts{};
  t.class_count = head.class_count;
  t.level_strides = head.strides;
  return output;
}

}  // namespace modelport::ultralytics
