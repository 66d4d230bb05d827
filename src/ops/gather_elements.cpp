#include <limits>

#include "ops/axis_permutation.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_gather_elements(const Op& op, std::span<const ValueType> inputs) {
  const int64_t axis = std::get<GatherElements>(op).axis;
  const SymbolicShape& x = inputs[0].shape;
  CHECK_OK(require_axis(axis, x.size()));
  CHECK_OK(require_rank(inputs[1], x.size(), "indices"));
  CHECK_OK(require_same_dtype(inputs[1].dtype, DType::kInt64, "dtype of the indices"));
  for (size_t i = 0; i < x.size(); ++i) {
    if (static_cast<int64_t>(i) == axis) continue;
    CHECK_OK(require_same_size(x[i], inputs[1].shape[i], fmt::format("size of axis {} of data and indices", i)));
  }
  return std::vector{ValueType{inputs[0].dtype, inputs[1].shape}};
}

/// An index outside the axis gives NaN (the lowest integer), so that a comparison cannot overlook it.
template <class T>
void gather(const Evaluation& e, size_t axis) {
  const Shape& in = e.in(0).shape;
  const Shape& out = e.out().shape;
  const int64_t run = contiguous_strides(out)[axis];
  const T nowhere =
      std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::min();
  for (int64_t i = 0; i < e.out().size(); ++i) {
    const int64_t block = i / (run * out[axis]), index = e.in(1).as<int64_t>()[i];
    const bool inside = index >= 0 && index < in[axis];
    e.out().as<T>()[i] = inside ? e.in(0).as<T>()[(block * in[axis] + index) * run + i % run] : nowhere;
  }
}

void evaluate_gather_elements(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<GatherElements>(op).axis);
  if (!is_float(e.in(0).dtype)) return gather<int64_t>(e, axis);
  with_real(e.precision, [&](auto real) { gather<decltype(real)>(e, axis); });
}

std::optional<Op> permute_axes_of_gather_elements(const Op& op, std::span<const int64_t> permutation) {
  return GatherElements{permuted_axis(permutation, std::get<GatherElements>(op).axis)};
}

}  // namespace

const OpInfo GatherElements::kInfo = {
    2, 2, infer_gather_elements, evaluate_gather_elements, nullptr, permute_axes_of_gather_elements};

}  // namespace modelport
