#include <cmath>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/yolov5.h"

namespace modelport::ultralytics {

namespace {

/// Versions before 6.0 keep the given boxes a second time, in pixels; half precision rounds both.
constexpr double kAnchorTolerance = 2e-3;

struct AnchorHead {
  int64_t class_count;
  int64_t boxes_per_cell;
  int64_t numbers_per_box;  ///< 5 + classes, and mask coefficients.
  std::vector<double> strides;
  std::vector<std::vector<float>> anchors;  ///< Of each level: width and height in pixels of each box of a cell.
};

/// `anchors` in cells of each level, times its stride.
Result<std::vector<std::vector<float>>> anchors_in_pixels(const ModuleView& module, std::span<const double> strides,
                                                          int64_t boxes_per_cell) {
  TRY(tensor, module.tensor("anchors"));
  const auto levels = static_cast<int64_t>(strides.size());
  if (tensor.shape() != Shape{levels, boxes_per_cell, 2}) {
    return contradiction(module, "anchors has the shape {}, [{}, {}, 2] is expected", shape_text(tensor.shape()),
                         levels, boxes_per_cell);
  }
  const std::vector<double> cells = tensor.to_doubles();
  std::vector<std::vector<float>> pixels(strides.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t level = i / static_cast<size_t>(2 * boxes_per_cell);
    pixels[level].push_back(static_cast<float>(cells[i]) * static_cast<float>(strides[level]));
  }
  return pixels;
}

/// The same boxes as old versions keep them.
Status check_anchor_grid(const ModuleView& module, const std::vector<std::vector<float>>& anchors) {
  const std::optional<Tensor> grid = module.optional_tensor("anchor_grid");
  if (!grid) return {};
  const std::vector<double> pixels = grid->to_doubles();
  size_t at = 0;
  for (const std::vector<float>& level : anchors) {
    for (const float side : level) {
      if (at < pixels.size() && std::abs(pixels[at] - side) <= kAnchorTolerance * side) ++at;
    }
  }
  if (at == pixels.size()) return {};
  return contradiction(module, "anchor_grid says {} pixels for side {} of its anchors, which their strides do not make",
                       pixels[at], at);
}

Result<AnchorHead> read_anchor_head(const ModuleView& module, size_t levels, int64_t masks) {
  AnchorHead head{};
  TRY(class_count, bounded_int(module, "nc", 1));
  TRY(boxes_per_cell, bounded_int(module, "na", 1));
  TRY(strides, module.float_list_attribute("stride"));
  CHECK_OK(expect_int(module, "nl", static_cast<int64_t>(levels)));
  CHECK_OK(expect_int(module, "no", 5 + class_count + masks));
  if (strides.size() != levels) {
    return contradiction(module, "stride has {} numbers for {} levels", strides.size(), levels);
  }
  TRY(anchors, anchors_in_pixels(module, strides, boxes_per_cell));
  CHECK_OK(check_anchor_grid(module, anchors));
  return AnchorHead{class_count, boxes_per_cell, 5 + class_count + masks, std::move(strides), std::move(anchors)};
}

/// x, y of each cell less a half, [1, 1, H, W, 2].
ValueId cell_grid(GraphBuilder& b, const Dim& height, const Dim& width) {
  const ValueId half = b.scalar(0.5);
  const ValueId columns = b.sub(b.range(width, DType::kFloat32), half);
  const ValueId rows = b.sub(b.range(height, DType::kFloat32), half);
  const ValueId x = b.expand(b.split_axis(columns, 0, {width, 1}), {1, 1, height, width, 1});
  const ValueId y = b.expand(b.split_axis(rows, 0, {height, 1, 1}), {1, 1, height, width, 1});
  return b.concat({x, y}, 4);
}

/// What the head says of every box, each [N, A, .].
struct Candidates {
  ValueId boxes;
  ValueId logits;  ///< Of objectness and classes.
  std::optional<ValueId> masks;
};

/// Sigmoids of x, y, width, height [N, boxes, H, W, 4] as boxes in pixels.
ValueId decode(GraphBuilder& b, const AnchorHead& head, size_t level, ValueId raw) {
  const Numerics outer = b.set_numerics(Numerics::kFloat32);
  const std::vector<ValueId> parts = b.split(b.unary(Sigmoid{}, raw), 4, {2, 2});
  const ValueId two = b.scalar(2.0);
  const ValueId cells = b.add(b.mul(parts[0], two), cell_grid(b, b.dim(raw, 2), b.dim(raw, 3)));
  const ValueId middle = b.mul(cells, b.scalar(head.strides[level]));
  const ValueId factor = b.mul(parts[1], two);
  const ValueId anchors = b.floats({1, head.boxes_per_cell, 1, 1, 2}, head.anchors[level]);
  const ValueId boxes = b.concat({middle, b.mul(b.mul(factor, factor), anchors)}, 4);
  b.set_numerics(outer);
  return boxes;
}

Result<Candidates> predict(Translation& t, const ModuleView& module, const AnchorHead& head,
                           std::span<const ValueId> levels) {
  TRY(layers, module_list(module, "m"));
  if (layers.size() != levels.size()) {
    return contradiction(module, "m has {} parts for {} levels", layers.size(), levels.size());
  }
  const int64_t scores = 1 + head.class_count, masks = head.numbers_per_box - 4 - scores;
  std::vector<ValueId> boxes, logits, coefficients;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(y, apply(t, layers[i], levels[i]));
    CHECK_OK(expect_channels(t.b, layers[i], y, head.boxes_per_cell * head.numbers_per_box));
    const ValueId apart = t.b.split_axis(y, 1, {head.boxes_per_cell, head.numbers_per_box});
    std::vector<Dim> widths{4, scores};
    if (masks > 0) widths.emplace_back(masks);
    const std::vector<ValueId> parts = t.b.split(t.b.permute(apart, {0, 1, 3, 4, 2}), 4, std::move(widths));
    boxes.push_back(t.b.merge_axes(decode(t.b, head, i, parts[0]), 1, 3));
    logits.push_back(t.b.merge_axes(parts[1], 1, 3));
    if (masks > 0) coefficients.push_back(t.b.merge_axes(parts[2], 1, 3));
  }
  Candidates out{t.b.concat(std::move(boxes), 1), t.b.concat(std::move(logits), 1), {}};
  if (masks > 0) out.masks = t.b.concat(std::move(coefficients), 1);
  return out;
}

void add_probes(Translation& t, const Candidates& candidates) {
  t.b.probe("boxes", candidates.boxes);
  t.b.probe("class_logits", candidates.logits);
  t.model.probes = {{.name = "boxes", .layout = "NAC", .role = Role::kBoxesPx, .groups = {}},
                    {.name = "class_logits", .layout = "NAC", .role = Role::kLogits, .groups = {}}};
}

/// What its own export gives: [N, A, 5 + classes + masks].
ValueId finish_raw(Translation& t, const AnchorHead& head, const Candidates& candidates) {
  std::vector<ValueId> parts{candidates.boxes, t.b.unary(Sigmoid{}, candidates.logits)};
  if (candidates.masks) parts.push_back(*candidates.masks);
  const ValueId output = t.b.concat(std::move(parts), 2);
  const int64_t end = 5 + head.class_count;
  IoSpec spec{.name = "output0",
              .layout = "NAC",
              .role = Role::kFeatures,
              .groups = {{.name = "boxes", .role = Role::kBoxesPx, .axis = 2, .begin = 0, .end = 4},
                         {.name = "objectness", .role = Role::kScores, .axis = 2, .begin = 4, .end = 5},
                         {.name = "scores", .role = Role::kScores, .axis = 2, .begin = 5, .end = end}}};
  if (candidates.masks) {
    spec.groups.push_back(
        {.name = "mask_coefficients", .role = Role::kFeatures, .axis = 2, .begin = end, .end = head.numbers_per_box});
  }
  t.model.outputs = {std::move(spec)};
  t.model.facts.detection->output_layout =
      candidates.masks ? "[batch, anchors, 5 + num_classes + masks]" : "[batch, anchors, 5 + num_classes]";
  t.model.facts.detection->scores = "sigmoid applied; score = objectness (column 4) x class score";
  return output;
}

/// What suppression takes: [N, 4 + classes + masks, A] with the product of objectness and class score.
ValueId finish_for_suppression(Translation& t, const AnchorHead& head, const Candidates& candidates) {
  const std::vector<ValueId> scores = t.b.split(t.b.unary(Sigmoid{}, candidates.logits), 2, {1, head.class_count});
  std::vector<ValueId> parts{candidates.boxes, t.b.mul(scores[0], scores[1])};
  if (candidates.masks) parts.push_back(*candidates.masks);
  const ValueId output = t.b.permute(t.b.concat(std::move(parts), 2), {0, 2, 1});
  const int64_t end = 4 + head.class_count;
  IoSpec spec{.name = "output0",
              .layout = "NCA",
              .role = Role::kFeatures,
              .groups = {{.name = "boxes", .role = Role::kBoxesPx, .begin = 0, .end = 4},
                         {.name = "scores", .role = Role::kScores, .begin = 4, .end = end}}};
  if (candidates.masks) {
    spec.groups.push_back(
        {.name = "mask_coefficients", .role = Role::kFeatures, .begin = end, .end = head.numbers_per_box - 1});
  }
  t.model.outputs = {std::move(spec)};
  return output;
}

Result<ValueId> finish(Translation& t, const AnchorHead& head, const Candidates& candidates) {
  DetectionFacts facts;
  facts.anchor_based = true;
  t.model.facts.detection = facts;
  add_probes(t, candidates);
  const ValueId output =
      t.head == HeadChoice::kNmsInside ? finish_for_suppression(t, head, candidates) : finish_raw(t, head, candidates);
  t.b.output("output0", output);
  t.class_count = head.class_count;
  t.level_strides = head.strides;
  return output;
}

}  // namespace

Result<ValueId> yolov5_detect(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  TRY(head, read_anchor_head(module, levels.size(), 0));
  TRY(candidates, predict(t, module, head, levels));
  return finish(t, head, candidates);
}

Result<ValueId> yolov5_segment(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  CHECK_OK(expect_method(module, "detect", "models.yolo.Detect", "forward"));
  TRY(masks, bounded_int(module, "nm", 1));
  TRY(head, read_anchor_head(module, levels.size(), masks));
  TRY(prototypes, apply_child(t, module, "proto", levels[0]));
  CHECK_OK(expect_channels(t.b, module, prototypes, masks));
  TRY(candidates, predict(t, module, head, levels));
  TRY(output, finish(t, head, candidates));
  t.b.output("output1", prototypes);
  t.model.outputs.push_back({.name = "output1", .layout = "NCHW", .role = Role::kFeatures, .groups = {}});
  return output;
}

}  // namespace modelport::ultralytics
