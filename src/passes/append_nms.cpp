#include <algorithm>

#include "ops/graph_builder.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Offset added to boxes per class number, in multiples of the image's longer side.
constexpr double kClassDistance = 2.0;
/// The same in pixels for heads that correct given boxes, which may be many images wide (utils/general.py of the
/// original YOLOv5, non_max_suppression).
constexpr double kAnchorClassDistance = 7680.0;
/// The same for oriented boxes, and what they are scaled by: the epsilons of the probabilistic IoU need large numbers
/// (ultralytics/engine/exporter.py, NMSModel).
constexpr double kOrientedScale = 8.0;
/// Oriented candidates per detection.
constexpr int64_t kCandidatesPerDetection = 5;
constexpr double kEpsilon = 1e-7;

/// The columns of the head's output, each [N, A, width].
struct Columns {
  ValueId boxes;   ///< Centre, width, height in pixels.
  ValueId scores;  ///< Of every class.
  std::optional<ValueId> extra;
  std::optional<ValueId> angle;  ///< The whole of `extra` where boxes are turned.
};

const ChannelGroup* find_group(const IoSpec& spec, std::string_view name) {
  const auto found = std::ranges::find(spec.groups, name, &ChannelGroup::name);
  return found == spec.groups.end() ? nullptr : &*found;
}

Result<Columns> split_columns(GraphBuilder& b, ValueId rows, const IoSpec& spec) {
  const auto total = b.dim(rows, 2).constant();
  const int64_t scores_end = find_group(spec, "scores")->end;
  if (!total) return fail(ErrorCode::kInternal, "{} has a number of channels that varies", spec.name);
  std::vector<Dim> widths{4, scores_end - 4};
  if (*total > scores_end) widths.emplace_back(*total - scores_end);
  const std::vector<ValueId> parts = b.split(rows, 2, std::move(widths));
  Columns columns{parts[0], parts[1], {}, {}};
  if (parts.size() > 2) columns.extra = parts[2];
  if (find_group(spec, "angle") != nullptr) columns.angle = parts[2];
  return columns;
}

/// Centre and size as corners.
ValueId corners(GraphBuilder& b, ValueId boxes) {
  const std::vector<ValueId> parts = b.split(boxes, 2, {2, 2});
  const ValueId half = b.mul(parts[1], b.scalar(0.5));
  return b.concat({b.sub(parts[0], half), b.add(parts[0], half)}, 2);
}

/// The `k` rows of `values` [N, A, C] at `indices` [N, k].
ValueId rows_at(GraphBuilder& b, ValueId values, ValueId indices) {
  const Dim batch = b.dim(values, 0), width = b.dim(values, 2), k = b.dim(indices, 1);
  return b.gather_elements(values, b.expand(b.split_axis(indices, 1, {k, 1}), {batch, k, width}), 1);
}

/// 1 / the longer side of the image, rank 0.
ValueId side_factor(GraphBuilder& b, double scale) {
  const SymbolicShape& image = b.shape(b.graph().inputs[0].value);
  const Dim side = max(image[2], image[3]);
  if (const auto fixed = side.constant()) return b.scalar(scale / static_cast<double>(*fixed));
  // A size as a number: the last of 0, 1, ... side.
  const ValueId last = b.slice(b.range(side + Dim(1), DType::kFloat32), 0, side, side + Dim(1));
  return b.div(b.scalar(scale), last);
}

/// [N, A] masks of upright boxes [N, A, 4] that stay.
ValueId keep_upright(GraphBuilder& b, const BuildRequest& request, const DetectionFacts& facts, ValueId boxes,
                     ValueId score, ValueId label) {
  ValueId apart = boxes;
  const bool by_class = request.nms_classes == NmsClasses::kApart;
  if (by_class && facts.anchor_based) apart = b.add(apart, b.mul(label, b.scalar(kAnchorClassDistance)));
  apart = b.mul(apart, side_factor(b, 1.0));
  if (by_class && !facts.anchor_based) apart = b.add(apart, b.mul(label, b.scalar(kClassDistance)));
  const NonMaxSuppression nms{request.iou_threshold, request.confidence_threshold, request.max_detections};
  return b.emit(nms, {apart, b.merge_axes(score, 1, 2)})[0];
}

/// Covariance of the Gaussian that stands for an oriented box, each [N, K, 1].
struct Covariance {
  ValueId a, b, c;
};

Covariance covariance(GraphBuilder& b, ValueId size, ValueId angle) {
  const std::vector<ValueId> sides = b.split(b.mul(b.mul(size, size), b.scalar(1.0 / 12.0)), 2, {1, 1});
  const ValueId cos = b.unary(Cos{}, angle), sin = b.unary(Sin{}, angle);
  const ValueId cos2 = b.mul(cos, cos), sin2 = b.mul(sin, sin);
  return {b.add(b.mul(sides[0], cos2), b.mul(sides[1], sin2)), b.add(b.mul(sides[0], sin2), b.mul(sides[1], cos2)),
          b.mul(b.mul(b.sub(sides[0], sides[1]), cos), sin)};
}

ValueId square(GraphBuilder& b, ValueId x) { return b.mul(x, x); }

/// Of every pair of boxes (xy and wh [N, K, 2], angle [N, K, 1]) the probabilistic IoU, [N, K, K]
/// (ultralytics/utils/metrics.py, batch_probiou).
ValueId probabilistic_iou(GraphBuilder& b, ValueId xy, ValueId wh, ValueId angle) {
  const auto across = [&](ValueId column) { return b.permute(column, {0, 2, 1}); };
  const std::vector<ValueId> centre = b.split(xy, 2, {1, 1});
  const Covariance own = covariance(b, wh, angle);
  const ValueId a = b.add(own.a, across(own.a)), c = b.add(own.c, across(own.c)), d = b.add(own.b, across(own.b));
  const ValueId dx = b.sub(across(centre[0]), centre[0]), dy = b.sub(centre[1], across(centre[1]));
  const ValueId determinant = b.sub(b.mul(a, d), square(b, c));
  const ValueId safe = b.add(determinant, b.scalar(kEpsilon));
  const ValueId t1 = b.mul(b.div(b.add(b.mul(a, square(b, dy)), b.mul(d, square(b, dx))), safe), b.scalar(0.25));
  const ValueId t2 = b.mul(b.div(b.mul(b.mul(c, dx), dy), safe), b.scalar(0.5));
  const ValueId alone = b.unary(Relu{}, b.sub(b.mul(own.a, own.b), square(b, own.c)));
  const ValueId spread = b.mul(b.unary(Sqrt{}, b.mul(alone, across(alone))), b.scalar(4.0));
  const ValueId ratio = b.add(b.div(determinant, b.add(spread, b.scalar(kEpsilon))), b.scalar(kEpsilon));
  const ValueId t3 = b.mul(b.unary(Log{}, ratio), b.scalar(0.5));
  const ValueId distance = b.unary(Clip{kEpsilon, 100.0}, b.add(b.add(t1, t2), t3));
  const ValueId gap = b.sub(b.scalar(1.0 + kEpsilon), b.unary(Exp{}, b.mul(distance, b.scalar(-1.0))));
  return b.sub(b.scalar(1.0), b.unary(Sqrt{}, gap));
}

/// Of K candidates by score [N, K] descending: 1 where no earlier one overlaps too much, [N, K]. By how much the worst
/// one does is the probe "overlap", of candidates with a score.
ValueId keep_oriented(GraphBuilder& b, const BuildRequest& request, ValueId score, ValueId boxes, ValueId angle,
                      ValueId label) {
  const std::vector<ValueId> parts = b.split(b.mul(boxes, side_factor(b, kOrientedScale)), 2, {2, 2});
  ValueId xy = parts[0];
  if (request.nms_classes == NmsClasses::kApart) xy = b.add(xy, b.mul(label, b.scalar(kOrientedScale)));
  const ValueId overlap = probabilistic_iou(b, xy, parts[1], angle);
  const Dim count = b.dim(overlap, 1);
  const ValueId position = b.range(count, DType::kFloat32);
  const ValueId earlier = b.less(b.split_axis(position, 0, {count, 1}), position);
  const ValueId worst = b.reduce_max(b.where(earlier, overlap, b.scalar(0.0)), {1});
  const ValueId counted = b.where(b.less(b.scalar(0.0), score), b.merge_axes(worst, 1, 2), b.scalar(0.0));
  b.probe("overlap", counted);
  const ValueId suppressed = b.less(b.scalar(request.iou_threshold), counted);
  return b.where(suppressed, b.scalar(0.0), b.scalar(1.0));
}

/// What the rows of the new output mean.
IoSpec detections_spec(const IoSpec& before) {
  IoSpec spec{.name = before.name, .layout = "NDC", .role = Role::kFeatures, .groups = {}, .rows = Rows::kRanked};
  spec.groups = {{.name = "boxes", .role = Role::kBoxesPx, .axis = 2, .begin = 0, .end = 4},
                 {.name = "scores", .role = Role::kScores, .axis = 2, .begin = 4, .end = 5},
                 {.name = "classes",
                  .role = Role::kFeatures,
                  .axis = 2,
                  .begin = 5,
                  .end = 6,
                  .numbers = ChannelGroup::Numbers::kWhole}};
  const int64_t moved = 6 - find_group(before, "scores")->end;
  for (ChannelGroup group : before.groups) {
    if (group.name == "boxes" || group.name == "scores") continue;
    group.axis = 2;
    group.begin += moved;
    group.end += moved;
    spec.groups.push_back(std::move(group));
  }
  return spec;
}

Status require_head(const SourceModel& model) {
  const IoSpec& head = model.outputs.at(0);
  const bool by_consumer = model.facts.detection && model.facts.detection->suppression == Suppression::kByConsumer;
  if (by_consumer && find_group(head, "boxes") != nullptr && find_group(head, "scores") != nullptr &&
      head.layout == "NCA") {
    return {};
  }
  Error error =
      fail(ErrorCode::kInvalidArgument, "export_config.nms is true, and {}",
           model.facts.detection ? "the model's head selects its detections itself: there is nothing to suppress"
                                 : "the model has no boxes to suppress");
  error.hint = "leave nms out";
  return error;
}

/// Rows of box, score, class and what the head adds, [N, K, 6 + extra], and their scores [N, K], 0 where suppressed.
struct Suppressed {
  ValueId rows, score;
};

Suppressed suppress_upright(GraphBuilder& b, const PassContext& context, const Columns& columns) {
  const GraphBuilder::Top best = b.topk(columns.scores, 2, 1);
  const ValueId label = b.cast(best.indices, DType::kFloat32);
  const ValueId boxes = corners(b, columns.boxes);
  std::vector<ValueId> row = {boxes, best.values, label};
  if (columns.extra) row.push_back(*columns.extra);
  const ValueId rows = b.concat(std::move(row), 2);
  const ValueId keep = keep_upright(b, context.request, *context.model.facts.detection, boxes, best.values, label);
  return {rows, b.mul(b.merge_axes(best.values, 1, 2), keep)};
}

/// Of the best candidates alone.
Suppressed suppress_oriented(GraphBuilder& b, const PassContext& context, const Columns& columns, ValueId angle) {
  const BuildRequest& request = context.request;
  const GraphBuilder::Top best = b.topk(columns.scores, 2, 1);
  const ValueId label = b.cast(best.indices, DType::kFloat32);
  const ValueId rows = b.concat({columns.boxes, best.values, label, angle}, 2);
  const ValueId score = b.merge_axes(best.values, 1, 2);
  const ValueId counted = b.where(b.less(b.scalar(request.confidence_threshold), score), score, b.scalar(0.0));
  const Dim count = min(Dim(kCandidatesPerDetection * request.max_detections), b.dim(rows, 1));
  const GraphBuilder::Top top = b.topk(counted, 1, count);
  const ValueId candidates = rows_at(b, rows, top.indices);
  const ValueId labels = rows_at(b, label, top.indices);
  const ValueId angles = rows_at(b, angle, top.indices);
  const ValueId boxes = rows_at(b, columns.boxes, top.indices);
  const ValueId keep = keep_oriented(b, request, top.values, boxes, angles, labels);
  return {candidates, b.mul(top.values, keep)};
}

}  // namespace

/// Puts non-maximum suppression behind a detector's one-to-many head: its first output, [N, 4 + classes + extra, A],
/// becomes [N, D, 6 + extra] with D = min(max_detections, A) rows of box (x1, y1, x2, y2 in input pixels; for oriented
/// boxes centre, width and height), score, class and what else the head says of a box, by score descending, zeros
/// behind the last. Every image of a batch on its own. Upright boxes by greedy suppression (torchvision.ops.nms),
/// oriented ones by Fast NMS (https://arxiv.org/abs/1904.02689) under the probabilistic IoU
/// (https://arxiv.org/abs/2106.06072), over the 5 D best candidates, as the framework's export does. Other outputs
/// stay; what was the first one becomes the probe "candidates", and by how much oriented candidates overlap a better
/// one is the probe "overlap". kInvalidArgument for a model without such a head.
Result<Graph> append_nms(const Graph& graph, PassContext& context) {
  SourceModel& model = context.model;
  CHECK_OK(require_head(model));
  const IoSpec head = model.outputs[0];
  GraphBuilder b(graph);
  b.set_path("nms");
  b.set_numerics(Numerics::kFloat32);
  const ValueId output = b.graph().outputs[0].value;
  b.probe("candidates", output);
  TRY(columns, split_columns(b, b.permute(output, {0, 2, 1}), head));
  const Suppressed suppressed =
      columns.angle ? suppress_oriented(b, context, columns, *columns.angle) : suppress_upright(b, context, columns);
  const Dim limit = min(Dim(context.request.max_detections), b.dim(suppressed.score, 1));
  const GraphBuilder::Top kept = b.topk(suppressed.score, 1, limit);
  const ValueId detected = b.split_axis(b.less(b.scalar(0.0), kept.values), 1, {limit, 1});
  b.output(head.name, b.where(detected, rows_at(b, suppressed.rows, kept.indices), b.scalar(0.0)));

  model.probes.push_back(head);
  model.probes.back().name = "candidates";
  if (columns.angle) model.probes.push_back({.name = "overlap", .layout = "NK", .role = Role::kFeatures, .groups = {}});
  model.outputs[0] = detections_spec(head);
  DetectionFacts& facts = *model.facts.detection;
  facts.suppression = Suppression::kInside;
  facts.coordinate_format = facts.coordinate_format == "xywh" ? "xyxy" : facts.coordinate_format;
  facts.max_detections = context.request.max_detections;
  facts.output_layout = "[batch, detections, 4 + score + class + what the head adds]";
  return std::move(b).finish();
}

}  // namespace modelport
