#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

/// log(1 + exp(x)) in the form that neither overflows nor loses small results.
void evaluate_softplus(const Op&, const Evaluation& e) {
  map_elements(e, []<class Real>(Real x) { return std::max(x, Real{0}) + std::log1p(std::exp(-std::abs(x))); });
}

}  // namespace

const OpInfo Softplus::kInfo = {1, 1, infer_unary, evaluate_softplus, nullptr, same_op};

}  // namespace modelport
