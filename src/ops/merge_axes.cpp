#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_merge_axes(const Op& op, std::span<const ValueType> inputs) {
  const auto& merge = std::get<MergeAxes>(op);
  ValueType out = inputs[0];
  if (merge.count < 1 || merge.count > static_cast<int64_t>(out.shape.size())) {
    return fail(ErrorCode::kInconsistentModel, "{} of {} axes cannot become one", merge.count, out.shape.size());
  }
  CHECK_OK(require_axis(merge.axis, out.shape.size()));
  CHECK_OK(require_axis(merge.axis + merge.count - 1, out.shape.size()));
  const auto first = out.shape.begin() + merge.axis;
  const Dim merged = product({first, first + merge.count});
  out.shape.insert(out.shape.erase(first, first + merge.count), merged);
  return std::vector{out};
}

void evaluate_merge_axes(const Op&, const Evaluation& e) { copy_all(e.in(0), e.out(), e.precision); }

}  // namespace

const OpInfo MergeAxes::kInfo = {1, 1, infer_merge_axes, evaluate_merge_axes};

}  // namespace modelport
