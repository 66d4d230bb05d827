#include <cmath>

#include "formats/onnx/layout.h"
#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

namespace {

Status unary(Raising& from, Op op) {
  TRY(x, from.value(0));
  from.define(0, from.builder().unary(std::move(op), x));
  return {};
}

Status of_values(Raising& from, Op op, size_t count) {
  TRY(inputs, from.values(count));
  from.define(0, from.builder().emit(std::move(op), std::move(inputs))[0]);
  return {};
}

/// On sizes, or as an operator.
Status binary(Raising& from, Op op, Dim (*f)(const Dim&, const Dim&)) {
  auto sizes = on_sizes(from, f);
  if (!sizes) return of_values(from, std::move(op), 2);
  from.define_sizes(*std::move(sizes));
  return {};
}

}  // namespace

template <>
Status raise<OnnxOpType::kAdd>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) return raise_sum_of_kept_boxes(from);
  return binary(from, Add{}, [](const Dim& a, const Dim& b) { return a + b; });
}
template <>
Status raise<OnnxOpType::kSub>(Raising& from) {
  return binary(from, Sub{}, [](const Dim& a, const Dim& b) { return a - b; });
}
template <>
Status raise<OnnxOpType::kMul>(Raising& from) {
  return binary(from, Mul{}, [](const Dim& a, const Dim& b) { return a * b; });
}
template <>
Status raise<OnnxOpType::kMin>(Raising& from) {
  return raise_on_sizes_only(from, [](const Dim& a, const Dim& b) { return min(a, b); });
}
template <>
Status raise<OnnxOpType::kMax>(Raising& from) {
  return raise_on_sizes_only(from, [](const Dim& a, const Dim& b) { return max(a, b); });
}

template <>
Status raise<OnnxOpType::kDiv>(Raising& from) {
  const auto divisors = from.sizes(1);
  if (from.sizes(0) && divisors) {
    for (const Dim& divisor : *divisors) {
      if (divisor.constant().value_or(0) < 1)
        return from.unsupported("a size is divided by what is not a positive constant");
    }
  }
  return binary(from, Div{}, [](const Dim& a, const Dim& b) { return floor_div(a, *b.constant()); });
}

template <>
Status raise<OnnxOpType::kPow>(Raising& from) {
  return of_values(from, Pow{}, 2);
}
template <>
Status raise<OnnxOpType::kAnd>(Raising& from) {
  return of_values(from, LogicalAnd{}, 2);
}
template <>
Status raise<OnnxOpType::kLess>(Raising& from) {
  return of_values(from, Less{}, 2);
}
template <>
Status raise<OnnxOpType::kWhere>(Raising& from) {
  return of_values(from, Where{}, 3);
}

template <>
Status raise<OnnxOpType::kCast>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) return raise_cast_of_kept_boxes(from);
  const auto dtype = layout::dtype_of_code(static_cast<uint64_t>(from.int_attribute("to", 0)));
  if (!dtype) return from.unsupported("it casts to a type that is not read");
  TRY(x, from.value(0));
  from.define(0, from.builder().cast(x, *dtype));
  return {};
}

template <>
Status raise<OnnxOpType::kClip>(Raising& from) {
  TRY(low, from.constant_floats(1, "min"));
  TRY(high, from.constant_floats(2, "max"));
  if (low.size() != 1 || high.size() != 1) return from.unsupported("min and max are not single numbers");
  return unary(from, Clip{low[0], high[0]});
}

template <>
Status raise<OnnxOpType::kGelu>(Raising& from) {
  return unary(from, Gelu{from.string_attribute("approximate", "none") == "tanh" ? GeluForm::kTanh : GeluForm::kErf});
}

template <>
Status raise<OnnxOpType::kHardSigmoid>(Raising& from) {
  if (std::abs(from.float_attribute("alpha", 0.2) - 1.0 / 6.0) > 1e-7 || from.float_attribute("beta", 0.5) != 0.5) {
    return from.unsupported("alpha is not 1/6 or beta not 0.5");
  }
  return unary(from, HardSigmoid{});
}

template <>
Status raise<OnnxOpType::kElu>(Raising& from) {
  return unary(from, Elu{from.float_attribute("alpha", 1.0)});
}
template <>
Status raise<OnnxOpType::kLeakyRelu>(Raising& from) {
  return unary(from, LeakyRelu{from.float_attribute("alpha", 0.01)});
}
template <>
Status raise<OnnxOpType::kErf>(Raising& from) {
  return unary(from, Erf{});
}
template <>
Status raise<OnnxOpType::kExp>(Raising& from) {
  return unary(from, Exp{});
}
template <>
Status raise<OnnxOpType::kHardSwish>(Raising& from) {
  return unary(from, HardSwish{});
}
template <>
Status raise<OnnxOpType::kLog>(Raising& from) {
  return unary(from, Log{});
}
template <>
Status raise<OnnxOpType::kSin>(Raising& from) {
  return unary(from, Sin{});
}
template <>
Status raise<OnnxOpType::kCos>(Raising& from) {
  return unary(from, Cos{});
}
template <>
Status raise<OnnxOpType::kMish>(Raising& from) {
  return unary(from, Mish{});
}
template <>
Status raise<OnnxOpType::kRelu>(Raising& from) {
  return unary(from, Relu{});
}
template <>
Status raise<OnnxOpType::kSigmoid>(Raising& from) {
  return unary(from, Sigmoid{});
}
template <>
Status raise<OnnxOpType::kSoftplus>(Raising& from) {
  return unary(from, Softplus{});
}
template <>
Status raise<OnnxOpType::kSqrt>(Raising& from) {
  return unary(from, Sqrt{});
}
template <>
Status raise<OnnxOpType::kTanh>(Raising& from) {
  return unary(from, Tanh{});
}

}  // namespace modelport::onnx
