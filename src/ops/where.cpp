#include "ops/elementwise.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_where(const Op&, std::span<const ValueType> inputs) {
  CHECK_OK(require_same_dtype(inputs[0].dtype, DType::kBool, "dtype of the condition"));
  CHECK_OK(require_same_dtype(inputs[1].dtype, inputs[2].dtype, "dtype of the operands"));
  TRY(values, broadcast(inputs[1].shape, inputs[2].shape));
  TRY(shape, broadcast(inputs[0].shape, values));
  return std::vector{ValueType{inputs[1].dtype, shape}};
}

template <class T>
void choose(const Evaluation& e) {
  const Shape& shape = e.out().shape;
  const std::vector<int64_t> condition = broadcast_strides(e.in(0).shape, shape);
  const std::vector<int64_t> own = contiguous_strides(shape);
  // Rows of the two operands; the condition's element is found from the output's position.
  for_each_broadcast_row(
      shape, e.in(1).shape, e.in(2).shape,
      [&](int64_t to, int64_t from_a, int64_t from_b, int64_t count, int64_t a_step, int64_t b_step) {
        int64_t at = 0;
        for (size_t axis = 0; axis + 1 < shape.size(); ++axis) at += to / own[axis] % shape[axis] * condition[axis];
        const int64_t step = shape.empty() ? 0 : condition.back();
        for (int64_t i = 0; i < count; ++i) {
          const bool first = e.in(0).as<int64_t>()[at + i * step] != 0;
          e.out().as<T>()[to + i] = first ? e.in(1).as<T>()[from_a + i * a_step] : e.in(2).as<T>()[from_b + i * b_step];
        }
      });
}

void evaluate_where(const Op&, const Evaluation& e) {
  if (!is_float(e.out().dtype)) return choose<int64_t>(e);
  with_real(e.precision, [&](auto real) { choose<decltype(real)>(e); });
}

}  // namespace

const OpInfo Where::kInfo = {3, 3, infer_where, evaluate_where, nullptr, same_op};

}  // namespace modelport
