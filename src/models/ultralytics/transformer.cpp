#include <cmath>

#include "models/torch_modules/attributes.h"
#include "models/torch_modules/multihead_attention.h"
#include "models/ultralytics/modules.h"

/// Encoders over the pixels of one feature map (ultralytics/nn/modules/transformer.py). Tokens are [N, H W, C] here
/// also where the framework has them [H W, N, C].
namespace modelport::ultralytics {

namespace {

constexpr double kTemperature = 10000.0;

ValueId to_tokens(GraphBuilder& b, ValueId x) { return b.permute(b.merge_axes(x, 2, 2), {0, 2, 1}); }

ValueId to_image(GraphBuilder& b, ValueId tokens, const Dim& height, const Dim& width) {
  return b.split_axis(b.permute(tokens, {0, 2, 1}), 2, {height, width});
}

/// 1 / temperature^(i / count), as the framework computes it in float32.
std::vector<float> frequencies(int64_t count) {
  std::vector<float> out;
  for (int64_t i = 0; i < count; ++i) {
    const float exponent = static_cast<float>(i) / static_cast<float>(count);
    out.push_back(1.0F / std::pow(static_cast<float>(kTemperature), exponent));
  }
  return out;
}

/// Sine and cosine of every position along one axis, [size, 2 P].
ValueId axis_code(GraphBuilder& b, const Dim& size, ValueId omega) {
  const ValueId angles = b.mul(b.split_axis(b.range(size, DType::kFloat32), 0, {size, 1}), omega);
  return b.concat({b.unary(Sin{}, angles), b.unary(Cos{}, angles)}, 1);
}

/// AIFI.build_2d_sincos_position_embedding: rows' code, then columns', [1, H W, channels].
ValueId position_embedding(GraphBuilder& b, const Dim& height, const Dim& width, int64_t channels) {
  const int64_t count = channels / 4, half = channels / 2;
  const ValueId omega = b.floats({1, count}, frequencies(count));
  const ValueId rows = b.split_axis(axis_code(b, height, omega), 0, {height, 1});
  const ValueId columns = b.split_axis(axis_code(b, width, omega), 0, {1, width});
  const ValueId both = b.concat({b.expand(rows, {height, width, half}), b.expand(columns, {height, width, half})}, 2);
  return b.split_axis(b.merge_axes(both, 0, 2), 0, {1, height * width});
}

/// self.ma(q, k, value)[0] + src behind its dropout.
Result<ValueId> attend(Translation& t, const ModuleView& module, ValueId src, ValueId value, ValueId position) {
  const ValueId query = t.b.add(value, position);
  TRY(attention, module.child("ma"));
  TRY(attended,
      multihead_attention(t.b, attention, {.query = query, .key = query, .value = value}, SequenceOrder::kBatchFirst));
  TRY(kept, apply_child(t, module, "dropout1", attended));
  return t.b.add(src, kept);
}

Result<ValueId> feed_forward(Translation& t, const ModuleView& module, ValueId x) {
  TRY(wide, apply_child(t, module, "fc1", x));
  TRY(active, apply_child(t, module, "act", wide));
  TRY(kept, apply_child(t, module, "dropout", active));
  TRY(narrow, apply_child(t, module, "fc2", kept));
  return apply_child(t, module, "dropout2", narrow);
}

/// TransformerEncoderLayer.forward, normalising before or after its two steps.
Result<ValueId> encode(Translation& t, const ModuleView& module, ValueId src, ValueId position) {
  TRY(before, module.bool_attribute("normalize_before"));
  if (before) {
    TRY(normalised, apply_child(t, module, "norm1", src));
    TRY(attended, attend(t, module, src, normalised, position));
    TRY(again, apply_child(t, module, "norm2", attended));
    TRY(fed, feed_forward(t, module, again));
    return t.b.add(attended, fed);
  }
  TRY(attended, attend(t, module, src, src, position));
  TRY(normalised, apply_child(t, module, "norm1", attended));
  TRY(fed, feed_forward(t, module, normalised));
  return apply_child(t, module, "norm2", t.b.add(normalised, fed));
}

}  // namespace

Result<ValueId> aifi(Translation& t, const ModuleView& module, ValueId x) {
  TRY(channels, fixed_size(t.b, module, x, 1));
  if (channels % 4 != 0) return module.fail("{} channels arrive, a multiple of 4 is expected", channels);
  const Dim height = t.b.dim(x, 2), width = t.b.dim(x, 3);
  TRY(encoded, encode(t, module, to_tokens(t.b, x), position_embedding(t.b, height, width, channels)));
  return to_image(t.b, encoded, height, width);
}

Result<ValueId> transformer_layer(Translation& t, const ModuleView& module, ValueId tokens) {
  TRY(query, apply_child(t, module, "q", tokens));
  TRY(key, apply_child(t, module, "k", tokens));
  TRY(value, apply_child(t, module, "v", tokens));
  TRY(attention, module.child("ma"));
  TRY(attended,
      multihead_attention(t.b, attention, {.query = query, .key = key, .value = value}, SequenceOrder::kLengthFirst));
  const ValueId x = t.b.add(attended, tokens);
  TRY(wide, apply_child(t, module, "fc1", x));
  TRY(narrow, apply_child(t, module, "fc2", wide));
  return t.b.add(narrow, x);
}

Result<ValueId> transformer_block(Translation& t, const ModuleView& module, ValueId x) {
  if (module.has_child("conv")) {
    TRY(y, apply_child(t, module, "conv", x));
    x = y;
  } else if (!module.is_none("conv")) {
    return module.fail("conv is no module");
  }
  TRY(channels, fixed_size(t.b, module, x, 1));
  CHECK_OK(expect_int(module, "c2", channels));
  const ValueId tokens = to_tokens(t.b, x);
  TRY(position, apply_child(t, module, "linear", tokens));
  TRY(y, apply_child(t, module, "tr", t.b.add(tokens, position)));
  return to_image(t.b, y, t.b.dim(x, 2), t.b.dim(x, 3));
}

Result<ValueId> mlp(Translation& t, const ModuleView& module, ValueId x) {
  TRY(layers, module_list(module, "layers"));
  CHECK_OK(expect_int(module, "num_layers", static_cast<int64_t>(layers.size())));
  TRY(residual, module.bool_attribute("residual", false));
  TRY(sigmoid, module.bool_attribute("sigmoid", false));
  ValueId y = x;
  for (size_t i = 0; i < layers.size(); ++i) {
    TRY(next, apply(t, layers[i], y));
    y = next;
    if (i + 1 == layers.size()) break;
    if (module.has_child("act")) {
      TRY(active, apply_child(t, module, "act", y));
      y = active;
    } else {
      y = t.b.unary(Relu{}, y);
    }
  }
  if (residual) y = t.b.add(y, x);
  if (module.has_child("out_norm")) {
    TRY(normalised, apply_child(t, module, "out_norm", y));
    y = normalised;
  }
  return sigmoid ? t.b.unary(Sigmoid{}, y) : y;
}

}  // namespace modelport::ultralytics
