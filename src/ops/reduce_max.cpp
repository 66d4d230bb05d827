#include <cmath>
#include <limits>

#include "ops/op_info.h"
#include "ops/reduction.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_reduce_max(const Op& op, std::span<const ValueType> inputs) {
  return infer_reduction(std::get<ReduceMax>(op).axes, inputs);
}

/// NaN wins, as in torch.
void evaluate_reduce_max(const Op& op, const Evaluation& e) {
  const std::vector<int64_t>& axes = std::get<ReduceMax>(op).axes;
  const auto larger = [](double a, double b) { return a > b || std::isnan(a) ? a : b; };
  store_reduced(e, reduce(e, axes, -std::numeric_limits<double>::infinity(), larger), 1.0);
}

std::optional<Op> permute_axes_of_reduce_max(const Op& op, std::span<const int64_t> permutation) {
  return ReduceMax{permuted_axes(permutation, std::get<ReduceMax>(op).axes)};
}

}  // namespace

const OpInfo ReduceMax::kInfo = {1, 1, infer_reduce_max, evaluate_reduce_max, nullptr, permute_axes_of_reduce_max};

}  // namespace modelport
