#pragma once

#include "ops/op_info.h"

/// What operators share that reduce axes to size 1.
namespace modelport {

/// Floats, over sorted and distinct axes.
Result<std::vector<ValueType>> infer_reduction(std::span<const int64_t> axes, std::span<const ValueType> inputs);

/// Folds every element x of the operand into its result: `accumulator = fold(accumulator, x)` in float64, from
/// `initial`; in C order.
template <class Fold>
std::vector<double> reduce(const Evaluation& e, std::span<const int64_t> axes, double initial, Fold fold) {
  const Shape& in = e.in(0).shape;
  Shape kept = in;
  for (const int64_t axis : axes) kept[static_cast<size_t>(axis)] = 1;
  std::vector<int64_t> to = contiguous_strides(kept);
  for (const int64_t axis : axes) to[static_cast<size_t>(axis)] = 0;
  std::vector<double> results(static_cast<size_t>(e.out().size()), initial);
  with_real(e.precision, [&](auto real) {
    const auto* x = e.in(0).as<decltype(real)>();
    const int64_t width = in.empty() ? 1 : in.back(), step = in.empty() ? 0 : to.back();
    const int64_t rows = width == 0 ? 0 : e.in(0).size() / width;
    for (int64_t row = 0; row < rows; ++row) {
      int64_t rest = row, at = 0;
      for (size_t axis = in.empty() ? 0 : in.size() - 1; axis-- > 0;) {
        at += rest % in[axis] * to[axis];
        rest /= in[axis];
      }
      for (int64_t i = 0; i < width; ++i) {
        double& result = results[static_cast<size_t>(at + i * step)];
        result = fold(result, static_cast<double>(x[row * width + i]));
      }
    }
  });
  return results;
}

/// Writes what reduce() gave, each times `factor`.
void store_reduced(const Evaluation& e, std::span<const double> results, double factor);

/// The axes of a reduction whose operand is permuted.
std::vector<int64_t> permuted_axes(std::span<const int64_t> permutation, std::span<const int64_t> axes);

}  // namespace modelport
