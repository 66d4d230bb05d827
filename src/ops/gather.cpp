#include <algorithm>
#include <limits>

#include "ops/op_info.h"
#include "ops/strided_copy.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_gather(const Op& op, std::span<const ValueType> inputs) {
  const int64_t axis = std::get<Gather>(op).axis;
  ValueType out = inputs[0];
  CHECK_OK(require_axis(axis, out.shape.size()));
  CHECK_OK(require_same_dtype(inputs[1].dtype, DType::kInt64, "dtype of the indices"));
  const auto at = out.shape.erase(out.shape.begin() + axis);
  out.shape.insert(at, inputs[1].shape.begin(), inputs[1].shape.end());
  return std::vector{out};
}

/// An index outside the axis gives NaN (the lowest integer), so that a comparison cannot overlook it.
template <class T>
void gather(const Evaluation& e, size_t axis) {
  const Array& x = e.in(0);
  const int64_t size = x.shape[axis];
  const int64_t run = contiguous_strides(x.shape)[axis];
  const int64_t outer = size * run == 0 ? 0 : x.size() / (size * run);
  const int64_t* indices = e.in(1).as<int64_t>();
  const T nowhere =
      std::numeric_limits<T>::has_quiet_NaN ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::min();
  T* to = e.out().as<T>();
  for (int64_t block = 0; block < outer; ++block) {
    for (int64_t i = 0; i < e.in(1).size(); ++i, to += run) {
      const bool inside = indices[i] >= 0 && indices[i] < size;
      if (inside) {
        std::copy_n(x.as<T>() + (block * size + indices[i]) * run, run, to);
      } else {
        std::fill_n(to, run, nowhere);
      }
    }
  }
}

void evaluate_gather(const Op& op, const Evaluation& e) {
  const auto axis = static_cast<size_t>(std::get<Gather>(op).axis);
  if (!is_float(e.in(0).dtype)) return gather<int64_t>(e, axis);
  with_real(e.precision, [&](auto real) { gather<decltype(real)>(e, axis); });
}

}  // namespace

const OpInfo Gather::kInfo = {2, 2, infer_gather, evaluate_gather};

}  // namespace modelport
