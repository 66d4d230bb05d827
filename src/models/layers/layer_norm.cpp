#include "models/layers/layer_norm.h"

namespace modelport {

Result<ValueId> layer_norm(GraphBuilder& b, const Weights& weights, ValueId x, const NormOverLast& layer) {
  const Shape& shape = layer.shape;
  CHECK_OK(expect_last_axes(b, x, shape).in(weights.where()));
  TRY(scale, weight(b, weights, "weight", shape, layer.scale));
  TRY(bias, weight(b, weights, "bias", shape, layer.bias));
  if (!scale && bias) return contradiction(weights, "it has a bias and no scale");
  const auto filled = [&](float value) {
    return b.floats(shape, std::vector<float>(static_cast<size_t>(*element_count(shape)), value));
  };
  const ValueId scales = scale ? *scale : filled(1.0F);
  return b.layer_norm(x, scales, bias ? *bias : filled(0.0F),
                      {.axes = static_cast<int64_t>(shape.size()), .epsilon = layer.epsilon});
}

Result<ValueId> rms_norm(GraphBuilder& b, const Weights& weights, ValueId x, const NormOverLast& layer) {
  TRY(scale, weight(b, weights, "weight", layer.shape, layer.scale));
  const auto rank = static_cast<int64_t>(b.shape(x).size());
  const auto axes = static_cast<int64_t>(layer.shape.size());
  CHECK_OK(expect_last_axes(b, x, layer.shape).in(weights.where()));
  const Numerics outer = b.set_numerics(Numerics::kFloat32);
  // One axis after another: means of equally many are means of all.
  ValueId mean = b.mul(x, x);
  for (int64_t axis = rank - axes; axis < rank; ++axis) mean = b.reduce_mean(mean, {axis});
  ValueId y = b.div(x, b.unary(Sqrt{}, b.add(mean, b.scalar(layer.epsilon))));
  if (scale) y = b.mul(y, *scale);
  b.set_numerics(outer);
  return y;
}

}  // namespace modelport
