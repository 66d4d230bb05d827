#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_leaky_relu(const Op& op, const Evaluation& e) {
  const double slope = std::get<LeakyRelu>(op).slope;
  map_elements(e, [&]<class Real>(Real x) { return x < 0 ? static_cast<Real>(slope) * x : x; });
}

}  // namespace

const OpInfo LeakyRelu::kInfo = {1, 1, infer_unary, evaluate_leaky_relu, nullptr, same_op};

}  // namespace modelport
