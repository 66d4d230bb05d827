#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_slice(const Op& op, std::span<const ValueType> inputs) {
  const auto& slice = std::get<Slice>(op);
  ValueType out = inputs[0];
  CHECK_OK(require_axis(slice.axis, out.shape.size()));
  Dim& size = out.shape[static_cast<size_t>(slice.axis)];
  CHECK_OK(require_at_most(Dim(0), slice.begin, "begin"));
  CHECK_OK(require_at_most(slice.begin, slice.end, "begin and end"));
  CHECK_OK(require_at_most(slice.end, size, "end and size of the axis"));
  size = slice.end - slice.begin;
  return std::vector{out};
}

void evaluate_slice(const Op& op, const Evaluation& e) {
  const auto& slice = std::get<Slice>(op);
  const std::vector<int64_t> strides = contiguous_strides(e.in(0).shape);
  const int64_t offset = *slice.begin.constant() * strides[static_cast<size_t>(slice.axis)];
  copy_block({e.in(0), offset, strides}, {e.out(), 0, contiguous_strides(e.out().shape)}, e.out().shape, e.precision);
}

std::optional<Op> permute_axes_of_slice(const Op& op, std::span<const int64_t> permutation) {
  Slice slice = std::get<Slice>(op);
  slice.axis = permuted_axis(permutation, slice.axis);
  return slice;
}

}  // namespace

const OpInfo Slice::kInfo = {1, 1, infer_slice, evaluate_slice, nullptr, permute_axes_of_slice};

}  // namespace modelport
