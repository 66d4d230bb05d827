#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_add(const Op&, const Evaluation& e) {
  if (!is_float(e.out().dtype) || e.in(0).shape != e.in(1).shape) {
    return map_broadcast(e, [](auto a, auto b) { return a + b; });
  }
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* a = e.in(0).as<Real>();
    const Real* b = e.in(1).as<Real>();
    Real* y = e.out().as<Real>();
    in_pieces(e.out().size(), e.pool,
              [&](int64_t begin, int64_t end) { add_kernel(a + begin, b + begin, y + begin, end - begin); });
  });
}

}  // namespace

const OpInfo Add::kInfo = {2, 2, infer_binary, evaluate_add, nullptr, same_op};

}  // namespace modelport
