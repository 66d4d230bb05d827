#include "ops/elementwise.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

void evaluate_clip(const Op& op, const Evaluation& e) {
  const Clip& limits = std::get<Clip>(op);
  map_elements(e, [&]<class Real>(Real x) {
    return std::clamp(x, static_cast<Real>(limits.min), static_cast<Real>(limits.max));
  });
}

}  // namespace

const OpInfo Clip::kInfo = {1, 1, infer_unary, evaluate_clip, nullptr, same_op};

}  // namespace modelport
