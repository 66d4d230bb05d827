#pragma once

#include "models/layers/weights.h"

/// Activations that are more than one operator, as torch.nn computes them (torch/nn/modules/activation.py). Settings
/// out of range are refused; the caller says where.
namespace modelport {

/// `alpha` above 0.
Result<ValueId> celu(GraphBuilder& b, ValueId x, double alpha);
/// `approximate` "none" or "tanh".
Result<ValueId> gelu(GraphBuilder& b, ValueId x, std::string_view approximate);
/// Half of `axis`, times the sigmoid of the other half.
ValueId glu(GraphBuilder& b, ValueId x, int64_t axis);
/// x outside [-lambda, lambda], else 0; `lambda` from 0.
Result<ValueId> hard_shrink(GraphBuilder& b, ValueId x, double lambda);
/// x within [min, max].
Result<ValueId> hard_tanh(GraphBuilder& b, ValueId x, double min, double max);
ValueId log_sigmoid(GraphBuilder& b, ValueId x);
/// One slope for negative x, or one of each channel (axis 1): `weight` [slopes].
Result<ValueId> prelu(GraphBuilder& b, const Weights& weights, ValueId x, int64_t slopes);
ValueId selu(GraphBuilder& b, ValueId x);
/// log(1 + exp(beta x)) / beta, and x itself where beta x is above `threshold`; `beta` above 0.
Result<ValueId> softplus(GraphBuilder& b, ValueId x, double beta, double threshold);
/// x moved towards 0 by `lambda`, to 0 at most; `lambda` from 0.
Result<ValueId> soft_shrink(GraphBuilder& b, ValueId x, double lambda);
ValueId softsign(GraphBuilder& b, ValueId x);
ValueId tanh_shrink(GraphBuilder& b, ValueId x);
/// x above `limit`, else `value`.
ValueId threshold(GraphBuilder& b, ValueId x, double limit, double value);

}  // namespace modelport
