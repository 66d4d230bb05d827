#include "models/layers/weights.h"
#include "models/ultralytics/anchors.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kOneToOne[] = {"one2one_cv2", "one2one_cv3"};

/// What the head says of itself; every number that its layers repeat is checked against them.
struct DetectAttributes {
  int64_t class_count;
  int64_t bins;  ///< Of each side's distance distribution (`reg_max`).
  std::vector<double> strides;
};

/// End-to-end heads and box formats that a later export() would have set back are refused.
Status refuse_other_modes(const ModuleView& module) {
  for (const std::string_view branch : kOneToOne) {
    if (module.has_child(branch)) {
      return module.fail("it has an end-to-end branch ({}), which is not supported; one-to-many heads are", branch);
    }
  }
  for (const std::string_view flag : {"end2end", "_end2end", "xyxy"}) {
    if (module.is_none(flag)) continue;
    TRY(on, module.bool_attribute(flag));
    if (on) return module.fail("{} is True, which is not supported", flag);
  }
  return {};
}

Result<DetectAttributes> read_attributes(const ModuleView& module, size_t levels) {
  DetectAttributes head;
  TRY(class_count, bounded_int(module, "nc", 1));
  TRY(bins, bounded_int(module, "reg_max", 1));
  TRY(strides, module.float_list_attribute("stride"));
  const auto count = static_cast<int64_t>(levels);
  CHECK_OK(expect_int(module, "nl", count));
  CHECK_OK(expect_int(module, "no", class_count + 4 * bins));
  if (strides.size() != levels) {
    return contradiction(module, "stride has {} numbers for {} levels", strides.size(), levels);
  }
  for (const double stride : strides) {
    if (!(stride > 0)) return contradiction(module, "stride is {}", stride);
  }
  return DetectAttributes{class_count, bins, std::move(strides)};
}

/// One branch over all levels, [N, channels, A].
Result<ValueId> branch(Translation& t, const ModuleView& module, std::string_view name, std::span<const ValueId> levels,
                       int64_t channels) {
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

}  // namespace

Result<ValueId> detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  CHECK_OK(refuse_other_modes(module));
  TRY(head, read_attributes(module, levels.size()));
  TRY(distributions, branch(t, module, "cv2", levels, 4 * head.bins));
  TRY(logits, branch(t, module, "cv3", levels, head.class_count));
  TRY(distances, apply_child(t, module, "dfl", distributions));
  CHECK_OK(expect_channels(t.b, module, distances, 4));
  const Anchors anchors = make_anchors(t.b, levels, head.strides);
  const ValueId boxes = t.b.mul(boxes_from_distances(t.b, distances, anchors.centres), anchors.strides);
  const ValueId output = t.b.concat({boxes, t.b.unary(Sigmoid{}, logits)}, 1);

  t.b.output("output0", output);
  t.b.probe("boxes", boxes);
  t.b.probe("class_logits", logits);
  t.model.outputs = {{.name = "output0",
                      .layout = "NCA",
                      .role = Role::kFeatures,
                      .groups = {{.name = "boxes", .role = Role::kBoxesPx, .begin = 0, .end = 4},
                                 {.name = "scores", .role = Role::kScores, .begin = 4, .end = 4 + head.class_count}}}};
  t.model.probes = {{.name = "boxes", .layout = "NCA", .role = Role::kBoxesPx, .groups = {}},
                    {.name = "class_logits", .layout = "NCA", .role = Role::kLogits, .groups = {}}};
  t.model.facts.detection = DetectionFacts{};
  t.class_count = head.class_count;
  t.level_strides = std::move(head.strides);
  return output;
}

}  // namespace modelport::ultralytics
