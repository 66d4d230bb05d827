#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_split(const Op& op, std::span<const ValueType> inputs) {
  const auto& split = std::get<Split>(op);
  CHECK_OK(require_axis(split.axis, inputs[0].shape.size()));
  std::vector<ValueType> parts;
  Dim sum(0);
  for (const Dim& size : split.sizes) {
    CHECK_OK(require_at_most(Dim(0), size, "size of a part"));
    sum = sum + size;
    parts.push_back(inputs[0]);
    parts.back().shape[static_cast<size_t>(split.axis)] = size;
  }
  CHECK_OK(require_same_size(inputs[0].shape[static_cast<size_t>(split.axis)], sum,
                             "size of the split axis and sum of the parts"));
  return parts;
}

void evaluate_split(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<Split>(op).axis);
  const std::vector<int64_t> strides = contiguous_strides(e.in(0).shape);
  int64_t offset = 0;
  for (const Array& part : e.outputs) {
    copy_block({e.in(0), offset, strides}, {part, 0, contiguous_strides(part.shape)}, part.shape, e.precision);
    offset += part.shape[axis] * strides[axis];
  }
}

std::optional<Op> permute_axes_of_split(const Op& op, std::span<const int64_t> permutation) {
  Split split = std::get<Split>(op);
  split.axis = permuted_axis(permutation, split.axis);
  return split;
}

}  // namespace

const OpInfo Split::kInfo = {1, 1, infer_split, evaluate_split, nullptr, permute_axes_of_split};

}  // namespace modelport
