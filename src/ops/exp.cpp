#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_exp(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { exp_kernel(x, y, count); });
}

}  // namespace

const OpInfo Exp::kInfo = {1, 1, infer_unary, evaluate_exp, nullptr, same_op};

}  // namespace modelport
