#include <functional>

#include "ops/op_info.h"
#include "ops/reduction.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_reduce_sum(const Op& op, std::span<const ValueType> inputs) {
  return infer_reduction(std::get<ReduceSum>(op).axes, inputs);
}

void evaluate_reduce_sum(const Op& op, const Evaluation& e) {
  const std::vector<int64_t>& axes = std::get<ReduceSum>(op).axes;
  store_reduced(e, reduce(e, axes, 0.0, std::plus<>()), 1.0);
}

std::optional<Op> permute_axes_of_reduce_sum(const Op& op, std::span<const int64_t> permutation) {
  return ReduceSum{permuted_axes(permutation, std::get<ReduceSum>(op).axes)};
}

}  // namespace

const OpInfo ReduceSum::kInfo = {1, 1, infer_reduce_sum, evaluate_reduce_sum, nullptr, permute_axes_of_reduce_sum};

}  // namespace modelport
