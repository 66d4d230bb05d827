#include "ops/reduction.h"

#include <algorithm>

#include "ops/axis_permutation.h"
#include "ops/type_rules.h"

namespace modelport {

Result<std::vector<ValueType>> infer_reduction(std::span<const int64_t> axes, std::span<const ValueType> inputs) {
  ValueType out = inputs[0];
  if (!is_float(out.dtype) || axes.empty() || !std::is_sorted(axes.begin(), axes.end()) ||
      std::adjacent_find(axes.begin(), axes.end()) != axes.end()) {
    return fail(ErrorCode::kInconsistentModel, "a reduction needs floats and sorted, distinct axes");
  }
  for (const int64_t axis : axes) {
    CHECK_OK(require_axis(axis, out.shape.size()));
    out.shape[static_cast<size_t>(axis)] = Dim(1);
  }
  return std::vector{out};
}

void store_reduced(const Evaluation& e, std::span<const double> results, double factor) {
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    std::transform(results.begin(), results.end(), e.out().as<Real>(),
                   [factor](double result) { return static_cast<Real>(result * factor); });
  });
}

std::vector<int64_t> permuted_axes(std::span<const int64_t> permutation, std::span<const int64_t> axes) {
  std::vector<int64_t> out;
  for (const int64_t axis : axes) out.push_back(permuted_axis(permutation, axis));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace modelport
