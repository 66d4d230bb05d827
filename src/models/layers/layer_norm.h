#pragma once

#include "models/layers/weights.h"

namespace modelport {

/// A norm over the last axes, as many as `shape` has.
struct NormOverLast {
  Shape shape;
  double epsilon;
  Parameter scale = Parameter::kRequired;  ///< `weight`, of `shape`; 1 where it is absent.
  Parameter bias = Parameter::kRequired;   ///< `bias`, of `shape`; 0 where it is absent.
};

/// As torch.nn.LayerNorm.
Result<ValueId> layer_norm(GraphBuilder& b, const Weights& weights, ValueId x, const NormOverLast& layer);

/// As torch.nn.RMSNorm: x / sqrt(mean(x^2) + epsilon) scale, in float32; there is no bias.
Result<ValueId> rms_norm(GraphBuilder& b, const Weights& weights, ValueId x, const NormOverLast& layer);

}  // namespace modelport
