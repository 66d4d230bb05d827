#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_pow(const Op& op, std::span<const ValueType> inputs) {
  if (!is_float(inputs[0].dtype)) {
    return fail(ErrorCode::kInconsistentModel, "operand is {}, expected floats", dtype_name(inputs[0].dtype));
  }
  return infer_binary(op, inputs);
}

void evaluate_pow(const Op&, const Evaluation& e) {
  with_real(e.precision,
            [&](auto) { map_broadcast(e, [](auto a, auto b) { return static_cast<decltype(a)>(std::pow(a, b)); }); });
}

}  // namespace

const OpInfo Pow::kInfo = {2, 2, infer_pow, evaluate_pow, nullptr, same_op};

}  // namespace modelport
