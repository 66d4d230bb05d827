#include <limits>

#include "models/torch_modules/attributes.h"
#include "models/ultralytics/deformable.h"
#include "models/ultralytics/modules.h"

/// The head of RT-DETR (https://arxiv.org/abs/2304.08069; ultralytics/nn/modules/head.py, RTDETRDecoder).
namespace modelport::ultralytics {

namespace {

/// Side of a proposal on the finest level, as a part of the image; doubled on each coarser one.
constexpr double kProposalSide = 0.05;
/// Proposals at most this near to the borders of (0, 1) are not valid. The framework says 1e-2; of a feature map 50 or
/// 150 pixels wide a middle lies right on it, which float32 and float64 have to decide alike.
constexpr double kProposalMargin = 1e-2 + 1e-6;

struct HeadAttributes {
  int64_t class_count;
  int64_t queries;
  int64_t width;
  enum class InitialQuery { kFeatures, kLearnt } initial_query;
};

Result<HeadAttributes> read_attributes(const ModuleView& module, size_t levels) {
  TRY(class_count, bounded_int(module, "nc", 1));
  TRY(queries, bounded_int(module, "num_queries", 1));
  TRY(width, bounded_int(module, "hidden_dim", 1));
  TRY(learnt, module.bool_attribute("learnt_init_query"));
  CHECK_OK(expect_int(module, "nl", static_cast<int64_t>(levels)));
  using enum HeadAttributes::InitialQuery;
  return HeadAttributes{class_count, queries, width, learnt ? kLearnt : kFeatures};
}

/// The levels' projections, joined to [N, A, C].
Result<DecoderMemory> project(Translation& t, const ModuleView& module, std::span<const ValueId> levels,
                              int64_t width) {
  TRY(layers, module_list(module, "input_proj"));
  if (layers.size() != levels.size()) {
    return contradiction(module, "input_proj has {} parts for {} levels", layers.size(), levels.size());
  }
  DecoderMemory memory{};
  std::vector<ValueId> parts;
  for (size_t i = 0; i < levels.size(); ++i) {
    TRY(y, apply(t, layers[i], levels[i]));
    CHECK_OK(expect_channels(t.b, layers[i], y, width));
    memory.level_sizes.emplace_back(t.b.dim(y, 2), t.b.dim(y, 3));
    parts.push_back(t.b.permute(t.b.merge_axes(y, 2, 2), {0, 2, 1}));
  }
  memory.features = t.b.concat(std::move(parts), 1);
  return memory;
}

struct Proposals {
  ValueId logits;  ///< [A, 4]: x, y, width, height before sigmoid; infinity where not valid.
  ValueId valid;   ///< [A, 1]: 1 or 0.
};

/// Middles of one level's cells and the side of its proposals, [H W, 4], as parts of the image.
ValueId level_proposals(GraphBuilder& b, const Dim& height, const Dim& width, double side) {
  const auto middles = [&](const Dim& size) {
    // 0, 1, ... up to the size, whose last element is the size as a float.
    const ValueId counted = b.range(size + 1, DType::kFloat32);
    const ValueId cells = b.add(b.slice(counted, 0, 0, size), b.scalar(0.5));
    return b.div(cells, b.slice(counted, 0, size, size + 1));
  };
  const SymbolicShape shape{height, width, 1};
  const ValueId x = b.expand(b.split_axis(middles(width), 0, {1, width, 1}), shape);
  const ValueId y = b.expand(b.split_axis(middles(height), 0, {height, 1, 1}), shape);
  const ValueId sides = b.expand(b.scalar(side), {height, width, 2});
  return b.merge_axes(b.concat({x, y, sides}, 2), 0, 2);
}

/// Whether the head's `shapes` are these sizes.
Result<bool> has_cached(const ModuleView& module, const DecoderMemory& memory) {
  if (!module.has_attribute("shapes")) return false;
  TRY(cached, module.attribute("shapes"));
  const std::vector<PickleValue>* levels = cached.as_sequence();
  if (!levels || levels->size() != memory.level_sizes.size()) return false;
  for (size_t i = 0; i < levels->size(); ++i) {
    const std::vector<PickleValue>* sizes = (*levels)[i].as_sequence();
    const auto& [height, width] = memory.level_sizes[i];
    if (!sizes || sizes->size() != 2 || !height.is_constant() || !width.is_constant()) return false;
    if ((*sizes)[0].as_integer() != height.constant() || (*sizes)[1].as_integer() != width.constant()) return false;
  }
  return true;
}

/// The proposals that the head keeps of its last run. The framework computes none where the sizes are the same, and in
/// a half-precision checkpoint they have been rounded: the model is another one by up to 0.2 pixels.
Result<std::optional<Proposals>> cached_proposals(GraphBuilder& b, const ModuleView& module,
                                                  const DecoderMemory& memory) {
  TRY(cached, has_cached(module, memory));
  if (!cached) {
    for (const std::string_view name : {"shapes", "anchors", "valid_mask"}) {
      module.ignore(name, "cached for another image size; computed from the levels' sizes here");
    }
    return std::optional<Proposals>();
  }
  int64_t count = 0;
  for (const auto& [height, width] : memory.level_sizes) count += *height.constant() * *width.constant();
  TRY(logits, module.tensor_attribute("anchors"));
  TRY(valid, module.tensor_attribute("valid_mask"));
  if (logits.shape() != Shape{1, count, 4} || valid.shape() != Shape{1, count, 1}) {
    return contradiction(module, "anchors are {} and valid_mask {} for {} cells", shape_text(logits.shape()),
                         shape_text(valid.shape()), count);
  }
  return std::optional(Proposals{b.floats({count, 4}, logits.to_floats()), b.floats({count, 1}, valid.to_floats())});
}

/// RTDETRDecoder._generate_anchors.
Proposals make_proposals(GraphBuilder& b, const DecoderMemory& memory) {
  std::vector<ValueId> levels;
  double side = kProposalSide;
  for (const auto& [height, width] : memory.level_sizes) {
    levels.push_back(level_proposals(b, height, width, side));
    side *= 2.0;
  }
  const ValueId boxes = b.concat(std::move(levels), 0);
  const ValueId inside = b.emit(
      LogicalAnd{}, {b.less(b.scalar(kProposalMargin), boxes), b.less(boxes, b.scalar(1.0 - kProposalMargin))})[0];
  const std::vector<ValueId> sides = b.split(inside, 1, {1, 1, 1, 1});
  ValueId valid = sides[0];
  for (size_t i = 1; i < sides.size(); ++i) valid = b.emit(LogicalAnd{}, {valid, sides[i]})[0];
  const ValueId logits = b.unary(Log{}, b.div(boxes, b.sub(b.scalar(1.0), boxes)));
  return {b.where(valid, logits, b.scalar(std::numeric_limits<double>::infinity())), b.cast(valid, DType::kFloat32)};
}

/// Rows of x [N, A, C] at indices [N, k].
ValueId rows_at(GraphBuilder& b, ValueId x, ValueId indices) {
  const Dim batch = b.dim(indices, 0), count = b.dim(indices, 1), width = b.dim(x, 2);
  return b.gather_elements(x, b.expand(b.split_axis(indices, 1, {count, 1}), {batch, count, width}), 1);
}

ValueId integer(GraphBuilder& b, int64_t value) {
  return b.constant(WeightRecipe::source(Tensor::from_int64s({}, {value}), "literal"));
}

/// RTDETRDecoder.postprocess: the best pairs of query and class, [N, k, 6]: box, score, class.
ValueId select_detections(GraphBuilder& b, ValueId boxes, ValueId scores, int64_t class_count, int64_t most) {
  const ValueId flat = b.merge_axes(scores, 1, 2);
  const GraphBuilder::Top best = b.topk(flat, 1, min(Dim(most), b.dim(flat, 1)));
  const ValueId count = integer(b, class_count);
  const ValueId query = b.div(best.indices, count);
  const ValueId label = b.cast(b.sub(best.indices, b.mul(query, count)), DType::kFloat32);
  const Dim rows = b.dim(best.values, 1);
  return b.concat(
      {rows_at(b, boxes, query), b.split_axis(best.values, 1, {rows, 1}), b.split_axis(label, 1, {rows, 1})}, 2);
}

void describe(Translation& t, ValueId output, ValueId encoder_scores, const DecodedQueries& decoded, ValueId scores) {
  t.b.output("output0", output);
  t.b.probe("encoder_logits", encoder_scores);
  t.b.probe("boxes", decoded.boxes);
  t.b.probe("class_logits", decoded.logits);
  t.b.probe("scores", scores);
  const ChannelGroup boxes{
      .name = "boxes", .role = Role::kBoxesPx, .axis = 2, .begin = 0, .end = 4, .unit = Unit::kParts};
  t.model.outputs = {{.name = "output0",
                      .layout = "NDC",
                      .role = Role::kFeatures,
                      .groups = {boxes,
                                 {.name = "scores", .role = Role::kScores, .axis = 2, .begin = 4, .end = 5},
                                 {.name = "classes",
                                  .role = Role::kFeatures,
                                  .axis = 2,
                                  .begin = 5,
                                  .end = 6,
                                  .numbers = ChannelGroup::Numbers::kWhole}},
                      .rows = Rows::kRanked}};
  DetectionFacts& facts = t.model.facts.detection.emplace();
  facts.suppression = Suppression::kNotNeeded;
  facts.output_layout = "[batch, detections, 4 + score + class]";
  t.model.probes = {{.name = "encoder_logits", .layout = "NAC", .role = Role::kLogits, .groups = {}},
                    {.name = "boxes", .layout = "NQC", .role = Role::kBoxesPx, .groups = {boxes}},
                    {.name = "class_logits", .layout = "NQC", .role = Role::kLogits, .groups = {}},
                    {.name = "scores", .layout = "NQC", .role = Role::kScores, .groups = {}}};
}

}  // namespace

Result<ValueId> rtdetr_decoder(Translation& t, const ModuleView& module, std::span<const ValueId> levels) {
  GraphBuilder& b = t.b;
  TRY(head, read_attributes(module, levels.size()));
  TRY(memory, project(t, module, levels, head.width));
  TRY(cached, cached_proposals(b, module, memory));
  const Proposals proposals = cached ? *cached : make_proposals(b, memory);
  TRY(features, apply_child(t, module, "enc_output", b.mul(proposals.valid, memory.features)));
  TRY(encoder_scores, apply_child(t, module, "enc_score_head", features));
  const ValueId best_class = b.merge_axes(b.reduce_max(encoder_scores, {2}), 1, 2);
  const ValueId chosen = b.topk(best_class, 1, min(Dim(head.queries), b.dim(best_class, 1))).indices;
  const ValueId chosen_features = rows_at(b, features, chosen);
  TRY(steps, apply_child(t, module, "enc_bbox_head", chosen_features));
  const ValueId start = b.add(steps, b.gather(proposals.logits, chosen, 0));
  ValueId embed = chosen_features;
  if (head.initial_query == HeadAttributes::InitialQuery::kLearnt) {
    TRY(learnt, module.child("tgt_embed"));
    TRY(table, weight(b, learnt, "weight", {head.queries, head.width}));
    const Dim count = b.dim(chosen, 1);
    embed = b.expand(b.slice(table, 0, 0, count), {b.dim(chosen, 0), count, head.width});
  }
  TRY(decoder, module.child("decoder"));
  TRY(box_heads, module.child("dec_bbox_head"));
  TRY(score_heads, module.child("dec_score_head"));
  TRY(position, module.child("query_pos_head"));
  TRY(decoded, decode_queries(t, {decoder, box_heads, score_heads, position}, embed, start, memory));
  const ValueId scores = b.unary(Sigmoid{}, decoded.logits);
  TRY(scored_classes, fixed_size(b, module, scores, 2));
  CHECK_OK(expect_int(module, "nc", scored_classes));
  const int64_t most = std::min(head.queries, t.max_detections);
  const ValueId output = select_detections(b, decoded.boxes, scores, head.class_count, most);
  describe(t, output, encoder_scores, decoded, scores);
  t.class_count = head.class_count;
  return output;
}

}  // namespace modelport::ultralytics
