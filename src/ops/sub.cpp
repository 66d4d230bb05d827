#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_sub(const Op&, const Evaluation& e) {
  map_broadcast(e, [](auto a, auto b) { return a - b; });
}

}  // namespace

const OpInfo Sub::kInfo = {2, 2, infer_binary, evaluate_sub, nullptr, same_op};

}  // namespace modelport
