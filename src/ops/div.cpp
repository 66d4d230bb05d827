#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

/// Integers divide towards zero, as ONNX has it; by zero gives zero.
void evaluate_div(const Op&, const Evaluation& e) {
  map_broadcast(e, []<class T>(T a, T b) -> T {
    if constexpr (std::is_integral_v<T>) {
      return b == 0 ? 0 : a / b;
    } else {
      return a / b;
    }
  });
}

}  // namespace

const OpInfo Div::kInfo = {2, 2, infer_binary, evaluate_div, nullptr, same_op};

}  // namespace modelport
