#include "models/ultralytics/deformable.h"
#include "models/torch_modules/attributes.h"
#include "models/torch_modules/multihead_attention.h"
#include "models/ultralytics/modules.h"

namespace modelport::ultralytics {

namespace {

/// Smallest value and complement whose logit inverse_sigmoid takes (ultralytics/nn/modules/utils.py).
constexpr double kInverseSigmoidEpsilon = 1e-5;

/// What MSDeformAttn and the layer around it say of their sizes.
struct Sampling {
  int64_t width;  ///< Channels of queries and values.
  int64_t heads;
  int64_t levels;
  int64_t points;  ///< Per head and level.

  int64_t all_points() const { return levels * points; }
};

Result<Sampling> read_sampling(const ModuleView& module, size_t levels) {
  TRY(width, bounded_int(module, "d_model", 1));
  TRY(heads, bounded_int(module, "n_heads", 1));
  TRY(points, bounded_int(module, "n_points", 1));
  CHECK_OK(expect_int(module, "n_levels", static_cast<int64_t>(levels)));
  if (width % heads != 0) return contradiction(module, "{} channels are no multiple of {} heads", width, heads);
  return Sampling{width, heads, static_cast<int64_t>(levels), points};
}

/// refer_bbox[..., :2] + offsets / points * refer_bbox[..., 2:] * 0.5, in [-1, 1]: [N heads, Q, all points, 2].
Result<ValueId> sampling_grid(Translation& t, const ModuleView& module, const Sampling& s, ValueId query,
                              ValueId boxes) {
  GraphBuilder& b = t.b;
  TRY(raw, apply_child(t, module, "sampling_offsets", query));
  const ValueId offsets = b.split_axis(raw, 2, {s.heads, s.all_points(), 2});
  const Dim batch = b.dim(boxes, 0), queries = b.dim(boxes, 1);
  const std::vector<ValueId> parts = b.split(b.reshape(boxes, {batch, queries, 1, 1, 4}), 4, {2, 2});
  const ValueId steps = b.div(offsets, b.scalar(static_cast<double>(s.points)));
  const ValueId locations = b.add(parts[0], b.mul(b.mul(steps, parts[1]), b.scalar(0.5)));
  const ValueId grid = b.sub(b.mul(locations, b.scalar(2.0)), b.scalar(1.0));
  return b.merge_axes(b.permute(grid, {0, 2, 1, 3, 4}), 0, 2);
}

/// softmax over all points of a head, [N heads, 1, Q, all points].
Result<ValueId> point_weights(Translation& t, const ModuleView& module, const Sampling& s, ValueId query) {
  GraphBuilder& b = t.b;
  TRY(raw, apply_child(t, module, "attention_weights", query));
  const ValueId weights = b.softmax(b.split_axis(raw, 2, {s.heads, s.all_points()}), 3);
  const ValueId by_head = b.merge_axes(b.permute(weights, {0, 2, 1, 3}), 0, 2);
  return b.split_axis(by_head, 1, {1, b.dim(query, 1)});
}

/// Values at the points of every level, [N heads, width / heads, Q, all points].
Result<ValueId> sample(Translation& t, const ModuleView& module, const Sampling& s, const DecoderMemory& memory,
                       ValueId grid) {
  GraphBuilder& b = t.b;
  TRY(projected, apply_child(t, module, "value_proj", memory.features));
  const ValueId by_head = b.permute(b.split_axis(projected, 2, {s.heads, s.width / s.heads}), {0, 2, 3, 1});
  std::vector<Dim> pixels;
  for (const auto& [height, width] : memory.level_sizes) pixels.push_back(height * width);
  const std::vector<ValueId> maps = b.split(b.merge_axes(by_head, 0, 2), 2, pixels);
  const std::vector<ValueId> grids = b.split(grid, 2, std::vector<Dim>(memory.level_sizes.size(), Dim(s.points)));
  std::vector<ValueId> samples;
  for (size_t i = 0; i < maps.size(); ++i) {
    const auto& [height, width] = memory.level_sizes[i];
    samples.push_back(b.grid_sample(b.split_axis(maps[i], 2, {height, width}), grids[i]));
  }
  return b.concat(std::move(samples), 3);
}

/// MSDeformAttn.forward and multi_scale_deformable_attn_pytorch.
Result<ValueId> deformable_attention(Translation& t, const ModuleView& module, ValueId query, ValueId boxes,
                                     const DecoderMemory& memory) {
  GraphBuilder& b = t.b;
  CHECK_OK(expect_class(module, "ultralytics.nn.modules.transformer.MSDeformAttn"));
  TRY(s, read_sampling(module, memory.level_sizes.size()));
  TRY(grid, sampling_grid(t, module, s, query, boxes));
  TRY(weights, point_weights(t, module, s, query));
  TRY(samples, sample(t, module, s, memory, grid));
  const ValueId summed = b.reduce_sum(b.mul(samples, weights), {3});
  const ValueId by_image = b.merge_axes(b.split_axis(summed, 0, {b.dim(query, 0), s.heads}), 1, 2);
  return apply_child(t, module, "output_proj", b.permute(b.merge_axes(by_image, 2, 2), {0, 2, 1}));
}

/// log(x / (1 - x)), both bounded from below; x is in [0, 1].
ValueId inverse_sigmoid(GraphBuilder& b, ValueId x) {
  const Clip bounded{.min = kInverseSigmoidEpsilon, .max = 1.0};
  return b.unary(Log{}, b.div(b.unary(bounded, x), b.unary(bounded, b.sub(b.scalar(1.0), x))));
}

/// x + dropout(y), normalised.
Result<ValueId> add_and_normalise(Translation& t, const ModuleView& module, std::string_view dropout,
                                  std::string_view norm, ValueId x, ValueId y) {
  TRY(kept, apply_child(t, module, dropout, y));
  return apply_child(t, module, norm, t.b.add(x, kept));
}

/// DeformableTransformerDecoderLayer.forward.
Result<ValueId> decoder_layer(Translation& t, const ModuleView& module, ValueId embed, ValueId boxes, ValueId position,
                              const DecoderMemory& memory) {
  CHECK_OK(expect_class(module, "ultralytics.nn.modules.transformer.DeformableTransformerDecoderLayer"));
  const ValueId query = t.b.add(embed, position);
  TRY(self_attention, module.child("self_attn"));
  TRY(attended, multihead_attention(t.b, self_attention, {.query = query, .key = query, .value = embed},
                                    SequenceOrder::kLengthFirst));
  TRY(x, add_and_normalise(t, module, "dropout1", "norm1", embed, attended));
  TRY(cross_attention, module.child("cross_attn"));
  TRY(sampled, deformable_attention(t, cross_attention, t.b.add(x, position), boxes, memory));
  TRY(y, add_and_normalise(t, module, "dropout2", "norm2", x, sampled));
  TRY(wide, apply_child(t, module, "linear1", y));
  TRY(active, apply_child(t, module, "act", wide));
  TRY(inner, apply_child(t, module, "dropout3", active));
  TRY(narrow, apply_child(t, module, "linear2", inner));
  return add_and_normalise(t, module, "dropout4", "norm3", y, narrow);
}

/// Sets the heads of layers that inference does not use aside, and returns the one of layer `used`.
Result<ModuleView> head_of(const ModuleView& heads, size_t used, size_t layers) {
  TRY(children, heads.children());
  if (children.size() != layers) {
    return contradiction(heads, "it has {} heads for {} layers", children.size(), layers);
  }
  for (size_t i = 0; i < layers; ++i) {
    if (i != used) heads.ignore(children[i].first, "only the last layer's scores are read in inference");
  }
  return children[used].second;
}

}  // namespace

Result<DecodedQueries> decode_queries(Translation& t, const DecoderModules& modules, ValueId embed, ValueId logits,
                                      const DecoderMemory& memory) {
  const ModuleView& decoder = modules.decoder;
  CHECK_OK(expect_class(decoder, "ultralytics.nn.modules.transformer.DeformableTransformerDecoder"));
  TRY(layers, module_list(decoder, "layers"));
  TRY(last, bounded_int(decoder, "eval_idx", 0));
  CHECK_OK(expect_int(decoder, "num_layers", static_cast<int64_t>(layers.size())));
  if (last >= static_cast<int64_t>(layers.size())) {
    return contradiction(decoder, "eval_idx is {}, it has {} layers", last, layers.size());
  }
  const auto used = static_cast<size_t>(last);
  TRY(box_heads, modules.box_heads.children());
  if (box_heads.size() != layers.size()) {
    return contradiction(modules.box_heads, "it has {} heads for {} layers", box_heads.size(), layers.size());
  }
  TRY(score_head, head_of(modules.score_heads, used, layers.size()));
  TRY(stack, decoder.child("layers"));
  for (size_t i = used + 1; i < layers.size(); ++i) {
    stack.ignore(std::to_string(i), "inference stops before it");
    modules.box_heads.ignore(box_heads[i].first, "inference stops before it");
  }
  ValueId boxes = t.b.unary(Sigmoid{}, logits);
  for (size_t i = 0; i <= used; ++i) {
    TRY(position, apply(t, modules.position, boxes));
    TRY(output, decoder_layer(t, layers[i], embed, boxes, position, memory));
    TRY(step, apply(t, box_heads[i].second, output));
    embed = output;
    boxes = t.b.unary(Sigmoid{}, t.b.add(step, inverse_sigmoid(t.b, boxes)));
  }
  TRY(scores, apply(t, score_head, embed));
  return DecodedQueries{boxes, scores};
}

}  // namespace modelport::ultralytics
