#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_relu(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return x < 0 ? decltype(x){0} : x; });
}

}  // namespace

const OpInfo Relu::kInfo = {1, 1, infer_unary, evaluate_relu, nullptr, same_op};

}  // namespace modelport
