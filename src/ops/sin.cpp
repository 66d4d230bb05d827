#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_sin(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return std::sin(x); });
}

}  // namespace

const OpInfo Sin::kInfo = {1, 1, infer_unary, evaluate_sin, nullptr, same_op};

}  // namespace modelport
