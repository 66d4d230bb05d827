#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_elu(const Op& op, const Evaluation& e) {
  const double alpha = std::get<Elu>(op).alpha;
  map_elements(e, [&]<class Real>(Real x) { return x < 0 ? static_cast<Real>(alpha) * std::expm1(x) : x; });
}

}  // namespace

const OpInfo Elu::kInfo = {1, 1, infer_unary, evaluate_elu, nullptr, same_op};

}  // namespace modelport
