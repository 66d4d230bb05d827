#pragma once

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "ops/op_info.h"

/// What operators that work element by element share.
namespace modelport {

/// One operand: its own type; floats only.
Result<std::vector<ValueType>> infer_unary(const Op& op, std::span<const ValueType> inputs);

/// Two operands of one dtype, shapes broadcast as NumPy does. A size that cannot be told equal to the other, nor 1, is
/// an error naming both.
Result<std::vector<ValueType>> infer_binary(const Op& op, std::span<const ValueType> inputs);

/// The broadcast of two shapes, for operators with further operands.
Result<SymbolicShape> broadcast(const SymbolicShape& a, const SymbolicShape& b);

/// Elementwise operators do not see axes.
std::optional<Op> same_op(const Op& op, std::span<const int64_t> permutation);

/// y = f(x) over the pool; f is called with a float or a double.
template <class F>
void map_elements(const Evaluation& e, F f) {
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* x = e.in(0).as<Real>();
    Real* y = e.out().as<Real>();
    in_pieces(e.out().size(), e.pool,
              [&](int64_t begin, int64_t end) { std::transform(x + begin, x + end, y + begin, f); });
  });
}

/// The same with a kernel that takes pointers and a count.
template <class Kernel>
void map_kernel(const Evaluation& e, Kernel kernel) {
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* x = e.in(0).as<Real>();
    Real* y = e.out().as<Real>();
    in_pieces(e.out().size(), e.pool, [&](int64_t begin, int64_t end) { kernel(x + begin, y + begin, end - begin); });
  });
}

/// Strides of an operand for walking a broadcast output: 0 along axes that it repeats.
std::vector<int64_t> broadcast_strides(const Shape& operand, const Shape& output);

/// Calls visit(out_offset, a_offset, b_offset, count, a_step, b_step) for every innermost row of a broadcast.
template <class Visit>
void for_each_broadcast_row(const Shape& output, const Shape& a, const Shape& b, Visit visit) {
  const std::vector<int64_t> a_strides = broadcast_strides(a, output), b_strides = broadcast_strides(b, output);
  if (output.empty()) return visit(int64_t{0}, int64_t{0}, int64_t{0}, int64_t{1}, int64_t{0}, int64_t{0});
  const size_t last = output.size() - 1;
  int64_t rows = 1;
  for (size_t axis = 0; axis < last; ++axis) rows *= output[axis];
  for (int64_t row = 0; row < rows; ++row) {
    int64_t rest = row, a_offset = 0, b_offset = 0;
    for (size_t axis = last; axis-- > 0;) {
      const int64_t index = rest % output[axis];
      rest /= output[axis];
      a_offset += index * a_strides[axis];
      b_offset += index * b_strides[axis];
    }
    visit(row * output[last], a_offset, b_offset, output[last], a_strides[last], b_strides[last]);
  }
}

/// y = f(a, b), broadcasting; floats as Real, integers as int64.
template <class F>
void map_broadcast(const Evaluation& e, F f) {
  const auto run = [&]<class T>(T) {
    const T* a = e.in(0).as<T>();
    const T* b = e.in(1).as<T>();
    T* y = e.out().as<T>();
    if (e.in(0).shape == e.in(1).shape) {
      in_pieces(e.out().size(), e.pool,
                [&](int64_t begin, int64_t end) { std::transform(a + begin, a + end, b + begin, y + begin, f); });
      return;
    }
    for_each_broadcast_row(
        e.out().shape, e.in(0).shape, e.in(1).shape,
        [&](int64_t to, int64_t from_a, int64_t from_b, int64_t count, int64_t a_step, int64_t b_step) {
          for (int64_t i = 0; i < count; ++i) y[to + i] = f(a[from_a + i * a_step], b[from_b + i * b_step]);
        });
  };
  if (is_float(e.out().dtype)) {
    with_real(e.precision, run);
  } else {
    run(int64_t{});
  }
}

}  // namespace modelport
