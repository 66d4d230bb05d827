#pragma once

#include "models/layers/weights.h"

namespace modelport {

/// A matrix product as torch.nn.Linear has it.
struct LinearLayer {
  int64_t in_features;
  int64_t out_features;
  Parameter bias = Parameter::kRequired;
};

/// x [..., in_features] with `weight` [out_features, in_features] -> [..., out_features].
Result<ValueId> linear(GraphBuilder& b, const Weights& weights, ValueId x, const LinearLayer& layer);

}  // namespace modelport
