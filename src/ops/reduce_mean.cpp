#include <algorithm>
#include <functional>

#include "ops/op_info.h"
#include "ops/reduction.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_reduce_mean(const Op& op, std::span<const ValueType> inputs) {
  return infer_reduction(std::get<ReduceMean>(op).axes, inputs);
}

/// Sums in float64, so that the mean of a large map is not the first thing to lose digits.
void evaluate_reduce_mean(const Op& op, const Evaluation& e) {
  const std::vector<int64_t>& axes = std::get<ReduceMean>(op).axes;
  const double count = static_cast<double>(e.in(0).size()) / static_cast<double>(std::max<int64_t>(1, e.out().size()));
  store_reduced(e, reduce(e, axes, 0.0, std::plus<>()), 1.0 / count);
}

std::optional<Op> permute_axes_of_reduce_mean(const Op& op, std::span<const int64_t> permutation) {
  return ReduceMean{permuted_axes(permutation, std::get<ReduceMean>(op).axes)};
}

}  // namespace

const OpInfo ReduceMean::kInfo = {1, 1, infer_reduce_mean, evaluate_reduce_mean, nullptr, permute_axes_of_reduce_mean};

}  // namespace modelport
