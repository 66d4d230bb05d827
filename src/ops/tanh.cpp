#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_tanh(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { tanh_kernel(x, y, count); });
}

}  // namespace

const OpInfo Tanh::kInfo = {1, 1, infer_unary, evaluate_tanh, nullptr, same_op};

}  // namespace modelport
