#include <cmath>

#include "formats/onnx/layout.h"
#include "formats/onnx/raise/raise_functions.h"

namespace modelport::onnx {

namespace {

Status unary(Raising& from, Op op) {
  TRY(x, from.value(0));
  from.define(0, from.builder().unary(std::move(op), x));
  return {};
}

Status of_values(Raising& from, Op op, size_t count) {
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < count; ++i) {
    TRY(input, from.value(i));
    inputs.push_back(input);
  }
  from.define(0, from.builder().emit(std::move(op), std::move(inputs))[0]);
  return {};
}

/// Two lists of sizes, element by element; a list of one is repeated.
template <class F>
std::optional<std::vector<Dim>> on_sizes(const Raising& from, F f) {
  const auto a = from.sizes(0), b = from.sizes(1);
  if (!a || !b || a->empty() || b->empty() || (a->size() != b->size() && a->size() != 1 && b->size() != 1))
    return std::nullopt;
  std::vector<Dim> out;
  for (size_t i = 0; i < std::max(a->size(), b->size()); ++i)
    out.push_back(f((*a)[a->size() == 1 ? 0 : i], (*b)[b->size() == 1 ? 0 : i]));
  return out;
}

template <class F>
Status binary(Raising& from, Op op, F f) {
  if (auto sizes = on_sizes(from, f)) {
    from.define_sizes(0, *std::move(sizes));
    return {};
  }
  TRY(a, from.value(0));
  TRY(b, from.value(1));
  from.define(0, from.builder().emit(std::move(op), {a, b})[0]);
  return {};
}

template <class F>
Status only_on_sizes(Raising& from, F f) {
  auto sizes = on_sizes(from, f);
  if (!sizes) return from.unsupported("it is only read on sizes");
  from.define_sizes(0, *std::move(sizes));
  return {};
}

}  // namespace

Status raise_add(Raising& from) {
  TRY(of_selection, raise_add_of_selection(from));
  if (of_selection) return {};
  return binary(from, Add{}, [](const Dim& a, const Dim& b) { return a + b; });
}
Status raise_sub(Raising& from) {
  return binary(from, Sub{}, [](const Dim& a, const Dim& b) { return a - b; });
}
Status raise_mul(Raising& from) {
  return binary(from, Mul{}, [](const Dim& a, const Dim& b) { return a * b; });
}
Status raise_min(Raising& from) {
  return only_on_sizes(from, [](const Dim& a, const Dim& b) { return min(a, b); });
}
Status raise_max(Raising& from) {
  return only_on_sizes(from, [](const Dim& a, const Dim& b) { return max(a, b); });
}

Status raise_div(Raising& from) {
  const auto divisors = from.sizes(1);
  if (from.sizes(0) && divisors) {
    for (const Dim& divisor : *divisors) {
      if (divisor.constant().value_or(0) < 1)
        return from.unsupported("a size is divided by what is not a positive constant");
    }
  }
  return binary(from, Div{}, [](const Dim& a, const Dim& b) { return floor_div(a, *b.constant()); });
}

Status raise_pow(Raising& from) { return of_values(from, Pow{}, 2); }
Status raise_and(Raising& from) { return of_values(from, LogicalAnd{}, 2); }
Status raise_less(Raising& from) { return of_values(from, Less{}, 2); }
Status raise_where(Raising& from) { return of_values(from, Where{}, 3); }

Status raise_cast(Raising& from) {
  if (raise_cast_of_selection(from)) return {};
  const auto dtype = layout::dtype_of_code(static_cast<uint64_t>(from.int_attribute("to", 0)));
  if (!dtype) return from.unsupported("it casts to a type that is not read");
  TRY(x, from.value(0));
  from.define(0, from.builder().cast(x, *dtype));
  return {};
}

Status raise_clip(Raising& from) {
  TRY(low, from.constant_floats(1, "min"));
  TRY(high, from.constant_floats(2, "max"));
  if (low.size() != 1 || high.size() != 1) return from.unsupported("min and max are not single numbers");
  return unary(from, Clip{low[0], high[0]});
}

Status raise_gelu(Raising& from) {
  return unary(from, Gelu{from.string_attribute("approximate", "none") == "tanh" ? GeluForm::kTanh : GeluForm::kErf});
}

Status raise_hard_sigmoid(Raising& from) {
  if (std::abs(from.float_attribute("alpha", 0.2) - 1.0 / 6.0) > 1e-7 || from.float_attribute("beta", 0.5) != 0.5) {
    return from.unsupported("alpha is not 1/6 or beta not 0.5");
  }
  return unary(from, HardSigmoid{});
}

Status raise_elu(Raising& from) { return unary(from, Elu{from.float_attribute("alpha", 1.0)}); }
Status raise_leaky_relu(Raising& from) { return unary(from, LeakyRelu{from.float_attribute("alpha", 0.01)}); }
Status raise_erf(Raising& from) { return unary(from, Erf{}); }
Status raise_exp(Raising& from) { return unary(from, Exp{}); }
Status raise_hard_swish(Raising& from) { return unary(from, HardSwish{}); }
Status raise_log(Raising& from) { return unary(from, Log{}); }
Status raise_sin(Raising& from) { return unary(from, Sin{}); }
Status raise_cos(Raising& from) { return unary(from, Cos{}); }
Status raise_mish(Raising& from) { return unary(from, Mish{}); }
Status raise_relu(Raising& from) { return unary(from, Relu{}); }
Status raise_sigmoid(Raising& from) { return unary(from, Sigmoid{}); }
Status raise_softplus(Raising& from) { return unary(from, Softplus{}); }
Status raise_sqrt(Raising& from) { return unary(from, Sqrt{}); }
Status raise_tanh(Raising& from) { return unary(from, Tanh{}); }

}  // namespace modelport::onnx
