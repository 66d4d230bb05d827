#include "kernels/matmul.h"

#include "ops/elementwise.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_matmul(const Op&, std::span<const ValueType> inputs) {
  const SymbolicShape& a = inputs[0].shape;
  const SymbolicShape& b = inputs[1].shape;
  if (a.size() < 2 || b.size() < 2) {
    return fail(ErrorCode::kInconsistentModel, "operands {} and {} must be matrices", shape_text(a), shape_text(b));
  }
  CHECK_OK(require_same_dtype(inputs[0].dtype, inputs[1].dtype, "dtype of the operands"));
  CHECK_OK(require_same_size(a.back(), b[b.size() - 2], "inner size of a matrix product"));
  TRY(lead, broadcast({a.begin(), a.end() - 2}, {b.begin(), b.end() - 2}));
  lead.push_back(a[a.size() - 2]);
  lead.push_back(b.back());
  return std::vector{ValueType{inputs[0].dtype, lead}};
}

void evaluate_matmul(const Op&, const Evaluation& e) {
  const auto lead = [](const Shape& shape) { return Shape(shape.begin(), shape.end() - 2); };
  const Shape& a = e.in(0).shape;
  const Shape& b = e.in(1).shape;
  const int64_t m = a[a.size() - 2], k = a.back(), n = b.back();
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    for_each_broadcast_row(
        lead(e.out().shape), lead(a), lead(b),
        [&](int64_t to, int64_t from_a, int64_t from_b, int64_t count, int64_t a_step, int64_t b_step) {
          for (int64_t i = 0; i < count; ++i) {
            matmul(m, n, k, e.in(0).as<Real>() + (from_a + i * a_step) * m * k,
                   e.in(1).as<Real>() + (from_b + i * b_step) * k * n, nullptr, e.out().as<Real>() + (to + i) * m * n,
                   e.pool);
          }
        });
  });
}

}  // namespace

const OpInfo MatMul::kInfo = {2, 2, infer_matmul, evaluate_matmul};

}  // namespace modelport
