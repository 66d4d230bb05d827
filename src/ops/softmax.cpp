#include "kernels/softmax.h"

#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_softmax(const Op& op, std::span<const ValueType> inputs) {
  CHECK_OK(require_axis(std::get<Softmax>(op).axis, inputs[0].shape.size()));
  return std::vector{inputs[0]};
}

void evaluate_softmax(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<Softmax>(op).axis);
  const Shape& shape = e.in(0).shape;
  int64_t outer = 1, inner = 1;
  for (size_t i = 0; i < axis; ++i) outer *= shape[i];
  for (size_t i = axis + 1; i < shape.size(); ++i) inner *= shape[i];
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    softmax(outer, shape[axis], inner, e.in(0).as<Real>(), e.out().as<Real>(), e.pool);
  });
}

std::optional<Op> permute_axes_of_softmax(const Op& op, std::span<const int64_t> permutation) {
  return Softmax{permuted_axis(permutation, std::get<Softmax>(op).axis)};
}

}  // namespace

const OpInfo Softmax::kInfo = {1, 1, infer_softmax, evaluate_softmax, nullptr, permute_axes_of_softmax};

}  // namespace modelport
