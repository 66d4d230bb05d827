#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_erf(const Op&, const Evaluation& e) {
  map_kernel(e, [](auto x, auto y, int64_t count) { erf_kernel(x, y, count); });
}

}  // namespace

const OpInfo Erf::kInfo = {1, 1, infer_unary, evaluate_erf, nullptr, same_op};

}  // namespace modelport
