#pragma once

#include "models/layers/weights.h"

/// Norms by the statistics of each image itself (torch/nn/functional.py): x [N, C, ...] -> the same shape.
namespace modelport {

/// Every group of channels by its own mean and biased variance; `weight` and `bias` [channels] where it is affine.
struct GroupNormLayer {
  int64_t groups;
  int64_t channels;
  double epsilon;
  Parameter affine = Parameter::kRequired;
};
Result<ValueId> group_norm(GraphBuilder& b, const Weights& weights, ValueId x, const GroupNormLayer& layer);

/// Every channel of every image.
struct InstanceNormLayer {
  int64_t channels;
  double epsilon;
  Parameter affine = Parameter::kAbsent;
};
Result<ValueId> instance_norm(GraphBuilder& b, const Weights& weights, ValueId x, const InstanceNormLayer& layer);

struct ResponseNormLayer {
  int64_t size;
  double alpha, beta, k;
};
/// As torch.nn.LocalResponseNorm: x / (k + alpha mean(x^2))^beta over `size` neighbouring channels, zeros beyond the
/// ends.
Result<ValueId> local_response_norm(GraphBuilder& b, ValueId x, const ResponseNormLayer& layer);
/// As torch.nn.CrossMapLRN2d: the same over (size - 1) / 2 channels on either side, rounded down, and, as torch
/// computes it (torch/nn/modules/_functions.py), over the first channel too.
Result<ValueId> cross_map_lrn(GraphBuilder& b, ValueId x, const ResponseNormLayer& layer);

}  // namespace modelport
