#include <numeric>

#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_range(const Op& op, std::span<const ValueType>) {
  const auto& range = std::get<Range>(op);
  CHECK_OK(require_at_most(Dim(0), range.size, "size"));
  return std::vector{ValueType{range.dtype, {range.size}}};
}

template <class T>
void count_up(const Array& out) {
  std::iota(out.as<T>(), out.as<T>() + out.size(), T{0});
}

void evaluate_range(const Op&, const Evaluation& e) {
  if (!is_float(e.out().dtype)) return count_up<int64_t>(e.out());
  with_real(e.precision, [&](auto real) { count_up<decltype(real)>(e.out()); });
}

}  // namespace

const OpInfo Range::kInfo = {0, 0, infer_range, evaluate_range};

}  // namespace modelport
