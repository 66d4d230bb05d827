#include <algorithm>

#include "ops/axis_permutation.h"
#include "ops/op_table.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer(const Op& op, std::span<const ValueType> inputs) {
  ValueType out = inputs[0];
  const std::vector<int64_t>& axes = std::get<ReduceMean>(op).axes;
  if (!is_float(out.dtype) || axes.empty() || !std::is_sorted(axes.begin(), axes.end()) ||
      std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
    return fail(ErrorCode::kInconsistentModel, "a mean needs floats and sorted, distinct axes");
  }
  for (const int64_t axis : axes) {
    CHECK_OK(require_axis(axis, out.shape.size()));
    out.shape[static_cast<size_t>(axis)] = Dim(1);
  }
  return std::vector{out};
}

/// Sums in float64, so that the mean of a large map is not the first thing to lose digits.
void evaluate(const Op& op, const Evaluation& e) {
  const Shape& in = e.in(0).shape;
  Shape kept = in;
  for (const int64_t axis : std::get<ReduceMean>(op).axes) kept[static_cast<size_t>(axis)] = 1;
  std::vector<int64_t> to = contiguous_strides(kept);
  for (const int64_t axis : std::get<ReduceMean>(op).axes) to[static_cast<size_t>(axis)] = 0;
  std::vector<double> sums(static_cast<size_t>(e.out().size()));
  const double count = static_cast<double>(e.in(0).size()) / static_cast<double>(std::max<int64_t>(1, e.out().size()));
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* x = e.in(0).as<Real>();
    const int64_t width = in.empty() ? 1 : in.back(), step = in.empty() ? 0 : to.back();
    for (int64_t row = 0; row < e.in(0).size() / std::max<int64_t>(1, width); ++row) {
      int64_t rest = row, at = 0;
      for (size_t axis = in.size() - 1; axis-- > 0;) {
        at += rest % in[axis] * to[axis];
        rest /= in[axis];
      }
      for (int64_t i = 0; i < width; ++i)
        sums[static_cast<size_t>(at + i * step)] += static_cast<double>(x[row * width + i]);
    }
    std::transform(sums.begin(), sums.end(), e.out().as<Real>(),
                   [count](double sum) { return static_cast<Real>(sum / count); });
  });
}

std::optional<Op> permute_axes(const Op& op, std::span<const int64_t> permutation) {
  ReduceMean permuted_op;
  for (const int64_t axis : std::get<ReduceMean>(op).axes) permuted_op.axes.push_back(permuted_axis(permutation, axis));
  std::sort(permuted_op.axes.begin(), permuted_op.axes.end());
  return permuted_op;
}

}  // namespace

const OpInfo kReduceMeanInfo = {"ReduceMean", 1, 1, infer, evaluate, nullptr, permute_axes};

}  // namespace modelport
