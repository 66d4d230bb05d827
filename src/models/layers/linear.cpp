#include "models/layers/linear.h"

namespace modelport {

Result<ValueId> linear(GraphBuilder& b, const Weights& weights, ValueId x, const LinearLayer& layer) {
  CHECK_OK(expect_last_axes(b, x, {layer.in_features}).in(weights.where()));
  TRY(matrix, weight(b, weights, "weight", {layer.out_features, layer.in_features}));
  TRY(bias, weight(b, weights, "bias", {layer.out_features}, layer.bias));
  return b.linear(x, matrix, bias);
}

}  // namespace modelport
