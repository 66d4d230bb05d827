#include "ops/elementwise.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_silu(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { silu_kernel(x, y, count); });
}

std::vector<ValueId> decompose_silu(const Op&, std::span<const ValueId> inputs, GraphBuilder& b) {
  return {b.mul(inputs[0], b.unary(Sigmoid{}, inputs[0]))};
}

}  // namespace

const CompositeInfo Silu::kInfo = OpInfo{1, 1, infer_unary, evaluate_silu, decompose_silu, same_op};

}  // namespace modelport
