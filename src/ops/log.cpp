#include "ops/elementwise.h"
#include "ops/op_table.h"

namespace modelport {

namespace {

void evaluate_log(const Op&, const Evaluation& e) {
  map_elements(e, [](auto x) { return std::log(x); });
}

}  // namespace

const OpInfo kLogInfo = {"Log", 1, 1, infer_unary, evaluate_log, nullptr, same_op};

}  // namespace modelport
