#include "models/ultralytics/detect_head.h"

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/anchors.h"

namespace modelport::ultralytics {

namespace {

constexpr std::string_view kOneToOnePrefix = "one2one_";

/// Whether the first of these layers is there: fuse() removes them, or (before 8.4) puts identities in their place.
Result<bool> has_layers(const ModuleView& module, std::string_view name) {
  if (!module.has_child(name)) return false;
  TRY(items, module_list(module, name));
  return !items.empty() && items.front().short_class_name() != "Identity";
}

/// Sets the detections' rows in order: the best cells by their best class, then the best pairs of cell and class
/// (Detect.get_topk_index). [N, A, 4 + classes + extra] -> [N, D, 6 + extra].
ValueId select_best(Translation& t, const DetectHead& head, ValueId rows, int64_t extra_channels) {
  GraphBuilder& b = t.b;
  const Dim batch = b.dim(rows, 0), k = min(Dim(t.max_detections), b.dim(rows, 1));
  std::vector<Dim> widths{4, head.class_count};
  if (extra_channels > 0) widths.emplace_back(extra_channels);
  const std::vector<ValueId> parts = b.split(rows, 2, std::move(widths));
  const auto rows_at = [&](ValueId values, ValueId indices) {
    const Dim count = b.dim(indices, 1), width = b.dim(values, 2);
    return b.gather_elements(values, b.expand(b.split_axis(indices, 1, {count, 1}), {batch, count, width}), 1);
  };
  const auto as_column = [&](ValueId list) { return b.split_axis(list, 1, {k, 1}); };
  ValueId cells{}, scores{}, labels{};
  if (t.nms_classes == NmsClasses::kTogether) {
    const GraphBuilder::Top best = b.topk(parts[1], 2, 1);
    const GraphBuilder::Top top = b.topk(b.merge_axes(best.values, 1, 2), 1, k);
    cells = top.indices;
    scores = as_column(top.values);
    labels = rows_at(b.cast(best.indices, DType::kFloat32), cells);
  } else {
    const ValueId best = b.merge_axes(b.reduce_max(parts[1], {2}), 1, 2);
    const ValueId candidates = b.topk(best, 1, k).indices;
    const GraphBuilder::Top top = b.topk(b.merge_axes(rows_at(parts[1], candidates), 1, 2), 1, k);
    const ValueId classes = b.constant(WeightRecipe::source(Tensor::from_int64s({}, {head.class_count}), "classes"));
    const ValueId position = b.div(top.indices, classes);
    cells = b.gather_elements(candidates, position, 1);
    scores = as_column(top.values);
    labels = as_column(b.cast(b.sub(top.indices, b.mul(position, classes)), DType::kFloat32));
  }
  std::vector<ValueId> row{rows_at(parts[0], cells), scores, labels};
  if (extra_channels > 0) row.push_back(rows_at(parts[2], cells));
  return b.concat(std::move(row), 2);
}

}  // namespace

std::string DetectHead::layers(std::string_view name) const {
  return std::string(branch == HeadBranch::kOneToOne ? kOneToOnePrefix : "") + std::string(name);
}

Result<DetectHead> read_detect_head(Translation& t, const ModuleView& module, size_t levels,
                                    std::span<const std::string_view> layers) {
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
  DetectHead head{class_count, bins, std::move(strides)};
  TRY(many, has_layers(module, layers.front()));
  TRY(one, has_layers(module, std::string(kOneToOnePrefix) + std::string(layers.front())));
  const bool chosen = one && (t.head == HeadChoice::kEndToEnd || !many);
  head.branch = chosen ? HeadBranch::kOneToOne : HeadBranch::kOneToMany;
  const DetectHead other{0, 0, {}, chosen ? HeadBranch::kOneToMany : HeadBranch::kOneToOne};
  for (const std::string_view name : layers) {
    module.ignore(other.layers(name), chosen ? "the one-to-many branch; the end-to-end one is built"
                                             : "the end-to-end branch; the one-to-many one is built");
  }
  return head;
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
                             std::span<const ValueId> levels, std::optional<ValueId> angle) {
  TRY(distances, apply_child(t, module, "dfl", distributions));
  CHECK_OK(expect_channels(t.b, module, distances, 4));
  const Numerics outer = t.b.set_numerics(Numerics::kFloat32);
  const Anchors anchors = make_anchors(t.b, levels, head.strides);
  const ValueId cells = angle ? turned_boxes_from_distances(t.b, distances, *angle, anchors.centres)
                        : head.branch == HeadBranch::kOneToOne ? corners_from_distances(t.b, distances, anchors.centres)
                                                               : boxes_from_distances(t.b, distances, anchors.centres);
  const ValueId boxes = t.b.mul(cells, anchors.strides);
  t.b.set_numerics(outer);
  return boxes;
}

void add_probe(Translation& t, std::string name, Role role, ValueId value) {
  t.b.probe(name, value);
  t.model.probes.push_back({.name = std::move(name), .layout = "NCA", .role = role, .groups = {}});
}

ValueId finish_detection(Translation& t, const DetectHead& head, ValueId boxes, ValueId logits,
                         const std::optional<HeadExtra>& extra) {
  const bool selects = head.branch == HeadBranch::kOneToOne;
  const ValueId scores = t.b.unary(Sigmoid{}, logits);
  std::vector<ValueId> parts{boxes, scores};
  if (extra) parts.push_back(extra->value);
  add_probe(t, "boxes", Role::kBoxesPx, boxes);
  add_probe(t, "class_logits", Role::kLogits, logits);
  if (selects) add_probe(t, "scores", Role::kScores, scores);
  const int64_t extra_channels = extra ? extra->channels : 0;
  const Numerics outer = t.b.set_numerics(selects ? Numerics::kFloat32 : Numerics::kAny);
  ValueId output = t.b.concat(std::move(parts), 1);
  if (selects) output = select_best(t, head, t.b.permute(output, {0, 2, 1}), extra_channels);
  t.b.set_numerics(outer);
  t.b.output("output0", output);

  const int64_t axis = selects ? 2 : 1, scores_end = selects ? 5 : 4 + head.class_count;
  IoSpec spec{.name = "output0",
              .layout = selects ? "NDC" : "NCA",
              .role = Role::kFeatures,
              .groups = {{.name = "boxes", .role = Role::kBoxesPx, .axis = axis, .begin = 0, .end = 4},
                         {.name = "scores", .role = Role::kScores, .axis = axis, .begin = 4, .end = scores_end}},
              .rows = selects ? Rows::kRanked : Rows::kFixed};
  if (selects)
    spec.groups.push_back({.name = "classes",
                           .role = Role::kFeatures,
                           .axis = axis,
                           .begin = 5,
                           .end = 6,
                           .numbers = ChannelGroup::Numbers::kWhole});
  const int64_t first = selects ? 6 : scores_end;
  for (ChannelGroup group : extra ? extra->groups : std::vector<ChannelGroup>{}) {
    group.axis = axis;
    group.begin += first;
    group.end += first;
    spec.groups.push_back(std::move(group));
  }
  t.model.outputs.insert(t.model.outputs.begin(), std::move(spec));
  DetectionFacts facts;
  facts.suppression = selects ? Suppression::kNotNeeded : Suppression::kByConsumer;
  facts.coordinate_format = selects ? "xyxy" : "xywh";
  const std::string also = extra ? " + " + extra->name : "";
  facts.output_layout = selects ? fmt::format("[batch, detections, 4 + score + class{}]", also)
                                : fmt::format("[batch, 4 + num_classes{}, anchors]", also);
  t.model.facts.detection = facts;
  t.class_count = head.class_count;
  t.level_strides = head.strides;
  return output;
}

}  // namespace modelport::ultralytics
