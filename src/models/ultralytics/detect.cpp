#include <numbers>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/detect_head.h"
#include "models/ultralytics/modules.h"
#include "models/ultralytics/segment_output.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kDetectLayers[] = {"cv2", "cv3"};
constexpr std::string_view kTaskLayers[] = {"cv2", "cv3", "cv4"};
constexpr std::string_view kPose26Layers[] = {"cv2", "cv3", "cv4", "cv4_kpts", "cv4_sigma"};

/// What every head of this family computes before its task's own part.
struct Predictions {
  DetectHead head;
  ValueId distributions;
  ValueId logits;
};

Result<Predictions> predict(Translation& t, const ModuleView& module, std::span<const ValueId> levels,
                            std::span<const std::string_view> layers) {
  CHECK_OK(expect_method(module, "detect", "ultralytics.nn.modules.head.Detect", "forward"));
  TRY(head, read_detect_head(t, module, levels.size(), layers));
  CHECK_OK(expect_int(module, "no", head.class_count + 4 * head.bins));
  TRY(distributions, head_branch(t, module, head.layers("cv2"), levels, 4 * head.bins));
  TRY(logits, head_branch(t, module, head.layers("cv3"), levels, head.class_count));
  return Predictions{std::move(head), distributions, logits};
}

Result<ValueId> segment_with(Translation& t, const ModuleView& module, std::span<const ValueId> levels,
                             std::span<const ValueId> proto_inputs) {
  TRY(p, predict(t, module, levels, kTaskLayers));
  module.ignore("npr", "how the prototypes' layers were built, which are read");
  return finish_segmentation(t, module, p.head, "cv4", p.distributions, p.logits, levels, proto_inputs);
}

/// [N, keypoints (x, y, or x, y, visibility), A] in input pixels, visibility in 0 to 1.
enum class KeypointOffsets {
  kDoubledFromCorner,  ///< Pose: (2 k + anchor - 0.5) stride.
  kFromCentre,         ///< Pose26: (k + anchor) stride.
};

ValueId decode_keypoints(Translation& t, const DetectHead& head, ValueId raw, std::span<const ValueId> levels,
                         std::array<int64_t, 2> shape, KeypointOffsets offsets) {
  GraphBuilder& b = t.b;
  const Numerics outer = b.set_numerics(Numerics::kFloat32);
  const Anchors anchors = make_anchors(b, levels, head.strides);
  const ValueId points = b.split_axis(raw, 1, {shape[0], shape[1]});
  std::vector<Dim> widths{2};
  if (shape[1] == 3) widths.emplace_back(1);
  const std::vector<ValueId> parts = b.split(points, 2, std::move(widths));
  const ValueId cells = offsets == KeypointOffsets::kFromCentre
                            ? b.add(parts[0], anchors.centres)
                            : b.add(b.mul(parts[0], b.scalar(2.0)), b.sub(anchors.centres, b.scalar(0.5)));
  std::vector<ValueId> decoded{b.mul(cells, anchors.strides)};
  if (shape[1] == 3) decoded.push_back(b.unary(Sigmoid{}, parts[1]));
  const ValueId keypoints = b.merge_axes(b.concat(std::move(decoded), 2), 1, 2);
  b.set_numerics(outer);
  return keypoints;
}

/// `kpt_shape`: number of keypoints, and numbers per keypoint.
Result<std::array<int64_t, 2>> read_keypoint_shape(const ModuleView& module) {
  TRY(shape, module.int_pair_attribute("kpt_shape"));
  if (shape[0] < 1 || (shape[1] != 2 && shape[1] != 3))
    return module.fail("kpt_shape is [{}, {}], the second number is 2 or 3", shape[0], shape[1]);
  CHECK_OK(expect_int(module, "nk", shape[0] * shape[1]));
  return shape;
}

Result<ValueId> finish_pose(Translation& t, const Predictions& p, const ModuleView& module,
                            std::span<const ValueId> levels, ValueId raw, std::array<int64_t, 2> shape,
                            KeypointOffsets offsets) {
  TRY(boxes, decode_boxes(t, module, p.head, p.distributions, levels));
  const ValueId keypoints = decode_keypoints(t, p.head, raw, levels, shape, offsets);
  const int64_t width = shape[0] * shape[1];
  HeadExtra extra{"keypoints", keypoints, width, {}};
  constexpr std::string_view kNames[] = {"keypoints_x", "keypoints_y", "keypoints_visibility"};
  for (int64_t i = 0; i < shape[1]; ++i) {
    extra.groups.push_back({.name = std::string(kNames[i]),
                            .role = i < 2 ? Role::kBoxesPx : Role::kScores,
                            .begin = i,
                            .end = width,
                            .step = shape[1]});
  }
  const ValueId output = finish_detection(t, p.head, boxes, p.logits, extra);
  add_probe(t, "keypoint_logits", Role::kLogits, raw);
  t.model.facts.pose = PoseFacts{.keypoint_shape = shape, .keypoint_names = {}, .skeleton = {}};
  return output;
}

/// Boxes that are turned by an angle of their own.
Result<ValueId> finish_oriented(Translation& t, const Predictions& p, const ModuleView& module,
                                std::span<const ValueId> levels, ValueId angle) {
  TRY(boxes, decode_boxes(t, module, p.head, p.distributions, levels, angle));
  const ValueId output = finish_detection(
      t, p.head, boxes, p.logits,
      HeadExtra{"angle", angle, 1, {{.name = "angle", .role = Role::kFeatures, .begin = 0, .end = 1}}});
  add_probe(t, "angle", Role::kFeatures, angle);
  t.model.facts.detection->coordinate_format = "xywhr";
  return output;
}

Result<ValueId> raw_angle(Translation& t, const Predictions& p, const ModuleView& module,
                          std::span<const ValueId> levels) {
  CHECK_OK(expect_int(module, "ne", 1));
  return head_branch(t, module, p.head.layers("cv4"), levels, 1);
}

}  // namespace

Result<ValueId> detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(p, predict(t, module, levels, kDetectLayers));
  TRY(boxes, decode_boxes(t, module, p.head, p.distributions, levels));
  return finish_detection(t, p.head, boxes, p.logits);
}

Result<ValueId> segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  return segment_with(t, module, levels, levels.first(1));
}

Result<ValueId> segment26(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  return segment_with(t, module, levels, levels);
}

Result<ValueId> pose(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(p, predict(t, module, levels, kTaskLayers));
  TRY(shape, read_keypoint_shape(module));
  TRY(raw, head_branch(t, module, p.head.layers("cv4"), levels, shape[0] * shape[1]));
  return finish_pose(t, p, module, levels, raw, shape, KeypointOffsets::kDoubledFromCorner);
}

Result<ValueId> pose26(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(p, predict(t, module, levels, kPose26Layers));
  module.ignore("flow_model", "a loss of training");
  module.ignore(p.head.layers("cv4_sigma"), "a loss of training");
  module.ignore("nk_sigma", "a loss of training");
  TRY(shape, read_keypoint_shape(module));
  TRY(features, module_list(module, p.head.layers("cv4")));
  TRY(points, module_list(module, p.head.layers("cv4_kpts")));
  if (features.size() != levels.size() || points.size() != levels.size()) {
    return contradiction(module, "cv4 has {} and cv4_kpts {} parts for {} levels", features.size(), points.size(),
                         levels.size());
  }
  std::vector<ValueId> parts;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(hidden, apply(t, features[i], levels[i]));
    TRY(y, apply(t, points[i], hidden));
    CHECK_OK(expect_channels(t.b, points[i], y, shape[0] * shape[1]));
    parts.push_back(t.b.merge_axes(y, 2, 2));
  }
  return finish_pose(t, p, module, levels, t.b.concat(std::move(parts), 2), shape, KeypointOffsets::kFromCentre);
}

Result<ValueId> obb(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(p, predict(t, module, levels, kTaskLayers));
  TRY(raw, raw_angle(t, p, module, levels));
  const ValueId turn = t.b.sub(t.b.unary(Sigmoid{}, raw), t.b.scalar(0.25));
  return finish_oriented(t, p, module, levels, t.b.mul(turn, t.b.scalar(std::numbers::pi)));
}

Result<ValueId> obb26(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(p, predict(t, module, levels, kTaskLayers));
  TRY(raw, raw_angle(t, p, module, levels));
  return finish_oriented(t, p, module, levels, raw);
}

}  // namespace modelport::ultralytics
