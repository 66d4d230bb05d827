#pragma once

#include "models/layers/weights.h"

namespace modelport {

/// Batch norm in evaluation mode, over axis 1: `running_mean` and `running_var` [channels], and where it is affine
/// `weight` and `bias` [channels]; else scale 1 and bias 0.
struct BatchNormLayer {
  int64_t channels;
  double epsilon;
  Parameter affine = Parameter::kRequired;
};

/// x [N, channels, ...] -> the same shape.
Result<ValueId> batch_norm(GraphBuilder& b, const Weights& weights, ValueId x, const BatchNormLayer& layer);

}  // namespace modelport
