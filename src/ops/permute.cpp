#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_permute(const Op& op, std::span<const ValueType> inputs) {
  const auto& permutation = std::get<Permute>(op).permutation;
  CHECK_OK(require_permutation(permutation, inputs[0].shape.size()));
  return std::vector{ValueType{inputs[0].dtype, permuted(inputs[0].shape, permutation)}};
}

void evaluate_permute(const Op& op, const Evaluation& e) {
  const auto& permutation = std::get<Permute>(op).permutation;
  copy_block({e.in(0), 0, permuted(contiguous_strides(e.in(0).shape), permutation)},
             {e.out(), 0, contiguous_strides(e.out().shape)}, e.out().shape, e.precision);
}

/// Undo the outer permutation, permute, redo it.
std::optional<Op> permute_axes_of_permute(const Op& op, std::span<const int64_t> outer) {
  const auto& inner = std::get<Permute>(op).permutation;
  Permute moved;
  for (const int64_t axis : outer) {
    moved.permutation.push_back(permuted_axis(outer, inner[static_cast<size_t>(axis)]));
  }
  return moved;
}

}  // namespace

const OpInfo Permute::kInfo = {1, 1, infer_permute, evaluate_permute, nullptr, permute_axes_of_permute};

}  // namespace modelport
