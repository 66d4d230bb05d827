#include "ops/elementwise.h"
#include "ops/graph_builder.h"
#include "ops/op_info.h"

namespace modelport {

namespace {

constexpr double kInverseSqrt2 = 0.70710678118654752440;
constexpr double kSqrt2OverPi = 0.79788456080286535588;
constexpr double kCubic = 0.044715;

void evaluate_gelu(const Op& op, const Evaluation& e) {
  if (std::get<Gelu>(op).form == GeluForm::kErf) {
    return map_kernel(e, [](auto x, auto y, int64_t count) { gelu_erf_kernel(x, y, count); });
  }
  map_kernel(e, [](auto x, auto y, int64_t count) { gelu_tanh_kernel(x, y, count); });
}

std::vector<ValueId> decompose_gelu(const Op& op, std::span<const ValueId> inputs, GraphBuilder& b) {
  const ValueId x = inputs[0];
  const auto number = [&](double value) { return b.cast(b.scalar(value), b.type(x).dtype); };
  ValueId inner;
  if (std::get<Gelu>(op).form == GeluForm::kErf) {
    inner = b.unary(Erf{}, b.mul(x, number(kInverseSqrt2)));
  } else {
    const ValueId cube = b.mul(b.mul(b.mul(x, x), x), number(kCubic));
    inner = b.unary(Tanh{}, b.mul(b.add(x, cube), number(kSqrt2OverPi)));
  }
  return {b.mul(b.mul(x, b.add(inner, number(1.0))), number(0.5))};
}

}  // namespace

const CompositeInfo Gelu::kInfo = OpInfo{1, 1, infer_unary, evaluate_gelu, decompose_gelu, same_op};

}  // namespace modelport
