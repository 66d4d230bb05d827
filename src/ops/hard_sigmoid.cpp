#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_hard_sigmoid(const Op&, const Evaluation& e) {
  map_elements(e, []<class Real>(Real x) { return std::clamp(x / Real{6} + Real{0.5}, Real{0}, Real{1}); });
}

}  // namespace

const OpInfo HardSigmoid::kInfo = {1, 1, infer_unary, evaluate_hard_sigmoid, nullptr, same_op};

}  // namespace modelport
