#include "formats/openvino/layout.h"
#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

namespace {

Status require_numpy(const Raising& from) {
  if (from.text_attribute("auto_broadcast", "numpy") == "numpy") return {};
  return from.unsupported("only NumPy's broadcasting is read");
}

Status on_values(Raising& from, Op op) {
  CHECK_OK(require_numpy(from));
  TRY(operands, from.values(from.input_count()));
  from.define(0, from.builder().emit(std::move(op), std::move(operands))[0]);
  return {};
}

/// On sizes, or as an operator.
Status binary(Raising& from, Op op, Dim (*f)(const Dim&, const Dim&)) {
  auto sizes = on_sizes(from, f);
  if (!sizes) return on_values(from, std::move(op));
  from.define_sizes(*std::move(sizes));
  return {};
}

Status unary(Raising& from, Op op) {
  if (from.input_count() != 1) return from.unsupported("only one operand is read");
  TRY(x, from.value(0));
  from.define(0, from.builder().unary(std::move(op), x));
  return {};
}

}  // namespace

template <>
Status raise<OpenvinoOpType::kAdd>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) return raise_sum_of_kept_boxes(from);
  return binary(from, Add{}, [](const Dim& a, const Dim& b) { return a + b; });
}
template <>
Status raise<OpenvinoOpType::kSubtract>(Raising& from) {
  return binary(from, Sub{}, [](const Dim& a, const Dim& b) { return a - b; });
}
template <>
Status raise<OpenvinoOpType::kMultiply>(Raising& from) {
  return binary(from, Mul{}, [](const Dim& a, const Dim& b) { return a * b; });
}
template <>
Status raise<OpenvinoOpType::kMinimum>(Raising& from) {
  return raise_on_sizes_only(from, [](const Dim& a, const Dim& b) { return min(a, b); });
}
template <>
Status raise<OpenvinoOpType::kMaximum>(Raising& from) {
  return raise_on_sizes_only(from, [](const Dim& a, const Dim& b) { return max(a, b); });
}
template <>
Status raise<OpenvinoOpType::kPower>(Raising& from) {
  return on_values(from, Pow{});
}
template <>
Status raise<OpenvinoOpType::kLess>(Raising& from) {
  return on_values(from, Less{});
}
template <>
Status raise<OpenvinoOpType::kLogicalAnd>(Raising& from) {
  return on_values(from, LogicalAnd{});
}
template <>
Status raise<OpenvinoOpType::kSelect>(Raising& from) {
  return on_values(from, Where{});
}

template <>
Status raise<OpenvinoOpType::kDivide>(Raising& from) {
  const bool floors = from.flag("m_pythondiv", "true");
  const auto divisors = from.sizes(1);
  if (from.sizes(0) && divisors) {
    for (const Dim& divisor : *divisors) {
      if (divisor.constant().value_or(0) < 1 || !floors)
        return from.unsupported("sizes are only divided by positive constants, rounding down");
    }
    return binary(from, Div{}, [](const Dim& a, const Dim& b) { return floor_div(a, *b.constant()); });
  }
  if (floors && from.input_count() > 0 && !is_float(from.model().at(from.layer().inputs[0]).type.dtype))
    return from.unsupported("integers that are no sizes are only divided towards zero");
  return on_values(from, Div{});
}

template <>
Status raise<OpenvinoOpType::kConvert>(Raising& from) {
  if (from.kept_boxes(0) != nullptr) return raise_cast_of_kept_boxes(from);
  const auto dtype = layout::dtype_of_attribute(from.text_attribute("destination_type", ""));
  if (!dtype) return from.unsupported("it converts to a type that is not read");
  TRY(x, from.value(0));
  from.define(0, from.builder().cast(x, *dtype));
  return {};
}

template <>
Status raise<OpenvinoOpType::kClamp>(Raising& from) {
  TRY(low, from.float_attribute("min"));
  TRY(high, from.float_attribute("max"));
  return unary(from, Clip{low, high});
}

template <>
Status raise<OpenvinoOpType::kElu>(Raising& from) {
  TRY(alpha, from.float_attribute("alpha"));
  return unary(from, Elu{alpha});
}

template <>
Status raise<OpenvinoOpType::kGelu>(Raising& from) {
  return unary(from,
               Gelu{from.text_attribute("approximation_mode", "ERF") == "TANH" ? GeluForm::kTanh : GeluForm::kErf});
}

template <>
Status raise<OpenvinoOpType::kPRelu>(Raising& from) {
  TRY(slope, from.constant_floats(1, "slope"));
  if (slope.size() != 1) return from.unsupported("only one slope is read");
  TRY(x, from.value(0));
  from.define(0, from.builder().unary(LeakyRelu{slope[0]}, x));
  return {};
}

template <>
Status raise<OpenvinoOpType::kCos>(Raising& from) {
  return unary(from, Cos{});
}
template <>
Status raise<OpenvinoOpType::kErf>(Raising& from) {
  return unary(from, Erf{});
}
template <>
Status raise<OpenvinoOpType::kExp>(Raising& from) {
  return unary(from, Exp{});
}
template <>
Status raise<OpenvinoOpType::kHSigmoid>(Raising& from) {
  return unary(from, HardSigmoid{});
}
template <>
Status raise<OpenvinoOpType::kHSwish>(Raising& from) {
  return unary(from, HardSwish{});
}
template <>
Status raise<OpenvinoOpType::kLog>(Raising& from) {
  return unary(from, Log{});
}
template <>
Status raise<OpenvinoOpType::kMish>(Raising& from) {
  return unary(from, Mish{});
}
template <>
Status raise<OpenvinoOpType::kReLU>(Raising& from) {
  return unary(from, Relu{});
}
template <>
Status raise<OpenvinoOpType::kSigmoid>(Raising& from) {
  return unary(from, Sigmoid{});
}
template <>
Status raise<OpenvinoOpType::kSin>(Raising& from) {
  return unary(from, Sin{});
}
template <>
Status raise<OpenvinoOpType::kSoftPlus>(Raising& from) {
  return unary(from, Softplus{});
}
template <>
Status raise<OpenvinoOpType::kSqrt>(Raising& from) {
  return unary(from, Sqrt{});
}
template <>
Status raise<OpenvinoOpType::kSwish>(Raising& from) {
  return unary(from, Silu{});
}
template <>
Status raise<OpenvinoOpType::kTanh>(Raising& from) {
  return unary(from, Tanh{});
}

}  // namespace modelport::openvino
