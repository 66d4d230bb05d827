#include "ops/elementwise.h"
#include "ops/op_table.h"

namespace modelport {

namespace {

void evaluate_exp(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { exp_kernel(x, y, count); });
}

}  // namespace

const OpInfo kExpInfo = {"Exp", 1, 1, infer_unary, evaluate_exp, nullptr, same_op};

}  // namespace modelport
