#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_log(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return std::log(x); });
}

}  // namespace

const OpInfo Log::kInfo = {1, 1, infer_unary, evaluate_log, nullptr, same_op};

}  // namespace modelport
