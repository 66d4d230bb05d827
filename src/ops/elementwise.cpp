#include "ops/elementwise.h"

#include "ops/type_rules.h"

namespace modelport {

Result<std::vector<ValueType>> infer_unary(const Op&, std::span<const ValueType> inputs) {
  if (!is_float(inputs[0].dtype)) {
    return fail(ErrorCode::kInconsistentModel, "operand is {}, expected floats", dtype_name(inputs[0].dtype));
  }
  return std::vector{inputs[0]};
}

Result<SymbolicShape> broadcast(const SymbolicShape& a, const SymbolicShape& b) {
  const SymbolicShape& longer = a.size() >= b.size() ? a : b;
  const SymbolicShape& shorter = a.size() >= b.size() ? b : a;
  SymbolicShape out = longer;
  const size_t lead = longer.size() - shorter.size();
  for (size_t axis = 0; axis < shorter.size(); ++axis) {
    Dim& size = out[lead + axis];
    const Dim& other = shorter[axis];
    if (other == Dim(1)) continue;
    if (size == Dim(1)) {
      size = other;
      continue;
    }
    CHECK_OK(require_same_size(
        size, other,
        fmt::format("size of axis {} of a broadcast of {} and {}", lead + axis, shape_text(a), shape_text(b))));
  }
  return out;
}

Result<std::vector<ValueType>> infer_binary(const Op&, std::span<const ValueType> inputs) {
  CHECK_OK(require_same_dtype(inputs[0].dtype, inputs[1].dtype, "dtype of the operands"));
  TRY(shape, broadcast(inputs[0].shape, inputs[1].shape));
  return std::vector{ValueType{inputs[0].dtype, shape}};
}

std::optional<Op> same_op(const Op& op, std::span<const int64_t>) { return op; }

std::vector<int64_t> broadcast_strides(const Shape& operand, const Shape& output) {
  const std::vector<int64_t> own = contiguous_strides(operand);
  std::vector<int64_t> strides(output.size());
  const size_t lead = output.size() - operand.size();
  for (size_t axis = 0; axis < operand.size(); ++axis) strides[lead + axis] = operand[axis] == 1 ? 0 : own[axis];
  return strides;
}

}  // namespace modelport
