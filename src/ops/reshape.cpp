#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_reshape(const Op& op, std::span<const ValueType> inputs) {
  const auto& shape = std::get<Reshape>(op).shape;
  CHECK_OK(require_same_size(product(inputs[0].shape), product(shape), "element count before and after"));
  return std::vector{ValueType{inputs[0].dtype, shape}};
}

void evaluate_reshape(const Op&, const Evaluation& e) { copy_all(e.in(0), e.out(), e.precision); }

}  // namespace

const OpInfo Reshape::kInfo = {1, 1, infer_reshape, evaluate_reshape};

}  // namespace modelport
