#include <algorithm>
#include <limits>

#include "ops/op_info.h"
#include "ops/strided_copy.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_cast(const Op& op, std::span<const ValueType> inputs) {
  return std::vector{ValueType{std::get<Cast>(op).to, inputs[0].shape}};
}

/// Towards zero; NaN becomes 0 and what int64 cannot hold its nearest value.
template <class Real>
int64_t truncated(Real value) {
  if (value != value) return 0;
  if (value >= static_cast<Real>(0x1p63)) return std::numeric_limits<int64_t>::max();
  if (value < static_cast<Real>(-0x1p63)) return std::numeric_limits<int64_t>::min();
  return static_cast<int64_t>(value);
}

template <class From, class To, class Convert>
void convert_all(const Array& from, const Array& to, Convert convert) {
  std::transform(from.as<From>(), from.as<From>() + from.size(), to.as<To>(), convert);
}

void evaluate_cast(const Op&, const Evaluation& e) {
  const Array& from = e.in(0);
  const Array& to = e.out();
  const bool to_bool = to.dtype == DType::kBool;
  if (is_float(from.dtype) && is_float(to.dtype)) return copy_all(from, to, e.precision);
  if (!is_float(from.dtype) && !is_float(to.dtype)) {
    return convert_all<int64_t, int64_t>(from, to, [&](int64_t x) { return to_bool ? int64_t{x != 0} : x; });
  }
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    if (is_float(to.dtype)) {
      convert_all<int64_t, Real>(from, to, [](int64_t x) { return static_cast<Real>(x); });
    } else {
      convert_all<Real, int64_t>(from, to, [&](Real x) { return to_bool ? int64_t{x != 0} : truncated(x); });
    }
  });
}

std::optional<Op> permute_axes_of_cast(const Op& op, std::span<const int64_t>) { return op; }

}  // namespace

const OpInfo Cast::kInfo = {1, 1, infer_cast, evaluate_cast, nullptr, permute_axes_of_cast};

}  // namespace modelport
