#include "ops/elementwise.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_hard_swish(const Op&, const Evaluation& e) {
  map_elements(e, []<class Real>(Real x) { return x * std::clamp(x / Real{6} + Real{0.5}, Real{0}, Real{1}); });
}

std::vector<ValueId> decompose_hard_swish(const Op&, std::span<const ValueId> inputs, GraphBuilder& b) {
  return {b.mul(inputs[0], b.unary(HardSigmoid{}, inputs[0]))};
}

}  // namespace

const CompositeInfo HardSwish::kInfo = OpInfo{1, 1, infer_unary, evaluate_hard_swish, decompose_hard_swish, same_op};

}  // namespace modelport
