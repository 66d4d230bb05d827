#include "ops/elementwise.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_logical_and(const Op& op, std::span<const ValueType> inputs) {
  CHECK_OK(require_same_dtype(inputs[0].dtype, DType::kBool, "dtype of the operands"));
  return infer_binary(op, inputs);
}

void evaluate_logical_and(const Op&, const Evaluation& e) {
  map_broadcast(e, []<class T>(T a, T b) -> T { return a != T{} && b != T{} ? T{1} : T{0}; });
}

}  // namespace

const OpInfo LogicalAnd::kInfo = {2, 2, infer_logical_and, evaluate_logical_and, nullptr, same_op};

}  // namespace modelport
