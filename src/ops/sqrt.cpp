#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_sqrt(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return std::sqrt(x); });
}

}  // namespace

const OpInfo Sqrt::kInfo = {1, 1, infer_unary, evaluate_sqrt, nullptr, same_op};

}  // namespace modelport
