#include <fmt/format.h>

#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_concat(const Op& op, std::span<const ValueType> inputs) {
  const auto axis = static_cast<size_t>(std::get<Concat>(op).axis);
  ValueType out = inputs[0];
  CHECK_OK(require_axis(std::get<Concat>(op).axis, out.shape.size()));
  for (size_t part = 1; part < inputs.size(); ++part) {
    const std::string operand = fmt::format("operand {}", part);
    CHECK_OK(require_rank(inputs[part], out.shape.size(), operand));
    CHECK_OK(require_same_dtype(out.dtype, inputs[part].dtype, "dtype of operands 0 and " + std::to_string(part)));
    for (size_t i = 0; i < out.shape.size(); ++i) {
      if (i == axis) continue;
      CHECK_OK(require_same_size(out.shape[i], inputs[part].shape[i],
                                 fmt::format("size of axis {} of operands 0 and {}", i, part)));
    }
    out.shape[axis] = out.shape[axis] + inputs[part].shape[axis];
  }
  return std::vector{out};
}

void evaluate_concat(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<Concat>(op).axis);
  const std::vector<int64_t> strides = contiguous_strides(e.out().shape);
  int64_t offset = 0;
  for (const Array& part : e.inputs) {
    copy_block({part, 0, contiguous_strides(part.shape)}, {e.out(), offset, strides}, part.shape, e.precision);
    offset += part.shape[axis] * strides[axis];
  }
}

std::optional<Op> permute_axes_of_concat(const Op& op, std::span<const int64_t> permutation) {
  return Concat{permuted_axis(permutation, std::get<Concat>(op).axis)};
}

}  // namespace

const OpInfo Concat::kInfo = {1, -1, infer_concat, evaluate_concat, nullptr, permute_axes_of_concat};

}  // namespace modelport
