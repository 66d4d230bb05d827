#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_less(const Op& op, std::span<const ValueType> inputs) {
  TRY(types, infer_binary(op, inputs));
  types[0].dtype = DType::kBool;
  return types;
}

template <class T>
void compare(const Evaluation& e) {
  const T* a = e.in(0).as<T>();
  const T* b = e.in(1).as<T>();
  for_each_broadcast_row(
      e.out().shape, e.in(0).shape, e.in(1).shape,
      [&](int64_t to, int64_t from_a, int64_t from_b, int64_t count, int64_t a_step, int64_t b_step) {
        for (int64_t i = 0; i < count; ++i)
          e.out().as<int64_t>()[to + i] = a[from_a + i * a_step] < b[from_b + i * b_step] ? 1 : 0;
      });
}

void evaluate_less(const Op&, const Evaluation& e) {
  if (!is_float(e.in(0).dtype)) return compare<int64_t>(e);
  with_real(e.precision, [&](auto real) { compare<decltype(real)>(e); });
}

}  // namespace

const OpInfo Less::kInfo = {2, 2, infer_less, evaluate_less, nullptr, same_op};

}  // namespace modelport
