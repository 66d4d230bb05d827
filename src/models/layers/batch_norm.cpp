#include "models/layers/batch_norm.h"

namespace modelport {

Result<ValueId> batch_norm(GraphBuilder& b, const Weights& weights, ValueId x, const BatchNormLayer& layer) {
  CHECK_OK(expect_channels(b, x, layer.channels).in(weights.where()));
  const Shape shape{layer.channels};
  TRY(affine, channel_affine(weights, layer.channels, layer.affine));
  const auto filled = [&](float value) {
    return b.floats(shape, std::vector<float>(static_cast<size_t>(layer.channels), value));
  };
  const ValueId scale = affine ? b.constant(affine->scale) : filled(1.0F);
  const ValueId bias = affine ? b.constant(affine->bias) : filled(0.0F);
  TRY(mean, weight(b, weights, "running_mean", shape));
  TRY(variance, weight(b, weights, "running_var", shape));
  return b.batch_norm(x, scale, bias, mean, variance, layer.epsilon);
}

}  // namespace modelport
