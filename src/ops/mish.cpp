#include "ops/elementwise.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_mish(const Op&, const Evaluation& e) {
  map_elements(
      e, []<class Real>(Real x) { return x * std::tanh(std::max(x, Real{0}) + std::log1p(std::exp(-std::abs(x)))); });
}

std::vector<ValueId> decompose_mish(const Op&, std::span<const ValueId> inputs, GraphBuilder& b) {
  return {b.mul(inputs[0], b.unary(Tanh{}, b.unary(Softplus{}, inputs[0])))};
}

}  // namespace

const CompositeInfo Mish::kInfo = OpInfo{1, 1, infer_unary, evaluate_mish, decompose_mish, same_op};

}  // namespace modelport
