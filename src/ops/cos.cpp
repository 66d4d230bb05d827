#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_cos(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return std::cos(x); });
}

}  // namespace

const OpInfo Cos::kInfo = {1, 1, infer_unary, evaluate_cos, nullptr, same_op};

}  // namespace modelport
