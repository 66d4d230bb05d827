#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_sigmoid(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { sigmoid_kernel(x, y, count); });
}

}  // namespace

const OpInfo Sigmoid::kInfo = {1, 1, infer_unary, evaluate_sigmoid, nullptr, same_op};

}  // namespace modelport
