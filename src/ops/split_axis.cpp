#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_split_axis(const Op& op, std::span<const ValueType> inputs) {
  const auto& split = std::get<SplitAxis>(op);
  ValueType out = inputs[0];
  CHECK_OK(require_axis(split.axis, out.shape.size()));
  const auto at = out.shape.begin() + split.axis;
  CHECK_OK(require_same_size(*at, product(split.sizes), "size of the axis and product of its parts"));
  out.shape.insert(out.shape.erase(at), split.sizes.begin(), split.sizes.end());
  return std::vector{out};
}

void evaluate_split_axis(const Op&, const Evaluation& e) { copy_all(e.in(0), e.out(), e.precision); }

}  // namespace

const OpInfo SplitAxis::kInfo = {1, 1, infer_split_axis, evaluate_split_axis};

}  // namespace modelport
