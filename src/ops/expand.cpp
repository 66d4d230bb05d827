#include <fmt/format.h>

#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_expand(const Op& op, std::span<const ValueType> inputs) {
  const SymbolicShape& from = inputs[0].shape;
  const SymbolicShape& to = std::get<Expand>(op).shape;
  if (from.size() > to.size()) {
    return fail(ErrorCode::kInconsistentModel, "{} cannot be broadcast to {}", shape_text(from), shape_text(to));
  }
  const size_t added = to.size() - from.size();
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] == Dim(1)) continue;
    CHECK_OK(require_same_size(from[axis], to[added + axis], fmt::format("size of axis {}", axis)));
  }
  return std::vector{ValueType{inputs[0].dtype, to}};
}

void evaluate_expand(const Op&, const Evaluation& e) {
  const Shape& from = e.in(0).shape;
  const Shape& to = e.out().shape;
  const std::vector<int64_t> own = contiguous_strides(from);
  std::vector<int64_t> strides(to.size(), 0);
  for (size_t axis = 0; axis < from.size(); ++axis) {
    if (from[axis] != 1) strides[to.size() - from.size() + axis] = own[axis];
  }
  copy_block({e.in(0), 0, strides}, {e.out(), 0, contiguous_strides(to)}, to, e.precision);
}

}  // namespace

const OpInfo Expand::kInfo = {1, 1, infer_expand, evaluate_expand};

}  // namespace modelport
