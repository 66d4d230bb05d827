#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "ops/axis_permutation.h"
#include "ops/op_table.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer(const Op& op, std::span<const ValueType> inputs) {
  CHECK_OK(require_axis(std::get<Softmax>(op).axis, inputs[0].shape.size()));
  return std::vector{inputs[0]};
}

/// Rows of `inner` neighbours are handled together, so that any axis runs along memory.
template <class Real>
void softmax_block(const Real* x, Real* y, int64_t count, int64_t inner) {
  std::vector<Real> largest(x, x + inner), sum(static_cast<size_t>(inner));
  for (int64_t c = 1; c < count; ++c) {
    for (int64_t i = 0; i < inner; ++i)
      largest[static_cast<size_t>(i)] = std::max(largest[static_cast<size_t>(i)], x[c * inner + i]);
  }
  for (int64_t c = 0; c < count; ++c) {
    Real* row = y + c * inner;
    for (int64_t i = 0; i < inner; ++i) row[i] = x[c * inner + i] - largest[static_cast<size_t>(i)];
    exp_kernel(row, row, inner);
    for (int64_t i = 0; i < inner; ++i) sum[static_cast<size_t>(i)] += row[i];
  }
  for (int64_t c = 0; c < count; ++c) {
    for (int64_t i = 0; i < inner; ++i) y[c * inner + i] /= sum[static_cast<size_t>(i)];
  }
}

void evaluate(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<Softmax>(op).axis);
  const Shape& shape = e.in(0).shape;
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    e.pool.parallel_for(outer, [&](int64_t o) {
      const int64_t at = o * shape[axis] * inner;
      softmax_block(e.in(0).as<Real>() + at, e.out().as<Real>() + at, shape[axis], inner);
    });
  });
}

std::optional<Op> permute_axes(const Op& op, std::span<const int64_t> permutation) {
  return Softmax{permuted_axis(permutation, std::get<Softmax>(op).axis)};
}

}  // namespace

const OpInfo kSoftmaxInfo = {"Softmax", 1, 1, infer, evaluate, nullptr, permute_axes};

}  // namespace modelport
