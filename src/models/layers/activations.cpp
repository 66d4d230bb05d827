#include "models/layers/activations.h"

#include "models/layers/weights.h"

namespace modelport {

namespace {

// https://arxiv.org/abs/1706.02515, as torch spells them.
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;
constexpr double kSeluScale = 1.0507009873554804934193349852946;
/// From here on log(1 + exp(x)) is x in float32.
constexpr double kSoftplusIsLinear = 20;

ValueId negative(GraphBuilder& b, ValueId x) { return b.mul(x, b.scalar(-1)); }

ValueId where_above(GraphBuilder& b, ValueId x, double limit, ValueId above, ValueId otherwise) {
  return b.where(b.less(b.scalar(limit), x), above, otherwise);
}

}  // namespace

Result<ValueId> celu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(alpha, module.float_attribute("alpha"));
  if (!(alpha > 0)) return module.fail("alpha is {}, a number above 0 is expected", alpha);
  if (alpha == 1) return b.unary(Elu{.alpha = 1}, x);
  return b.mul(b.unary(Elu{.alpha = 1}, b.div(x, b.scalar(alpha))), b.scalar(alpha));
}

Result<ValueId> elu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(alpha, module.float_attribute("alpha"));
  return b.unary(Elu{.alpha = alpha}, x);
}

Result<ValueId> gelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(approximate, module.string_attribute("approximate", "none"));
  if (approximate == "none") return b.unary(Gelu{.form = GeluForm::kErf}, x);
  if (approximate == "tanh") return b.unary(Gelu{.form = GeluForm::kTanh}, x);
  return module.fail("approximate is '{}', 'none' or 'tanh' is expected", approximate);
}

Result<ValueId> glu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, axis_attribute(b, module, "dim", x));
  const Dim half = floor_div(b.dim(x, static_cast<size_t>(axis)), 2);
  const std::vector<ValueId> halves = b.split(x, axis, {half, half});
  return b.mul(halves[0], b.unary(Sigmoid{}, halves[1]));
}

Result<ValueId> hard_shrink(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lambda, module.float_attribute("lambd"));
  if (!(lambda >= 0)) return module.fail("lambd is {}, a number from 0 is expected", lambda);
  const ValueId zero = b.scalar(0);
  return where_above(b, x, lambda, x, b.where(b.less(x, b.scalar(-lambda)), x, zero));
}

Result<ValueId> hard_sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(HardSigmoid{}, x); }

Result<ValueId> hard_swish(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(HardSwish{}, x); }

Result<ValueId> hard_tanh(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(min, module.float_attribute("min_val"));
  TRY(max, module.float_attribute("max_val"));
  if (!(min < max)) return contradiction(module, "min_val {} is not below max_val {}", min, max);
  return b.unary(Clip{.min = min, .max = max}, x);
}

Result<ValueId> identity(GraphBuilder&, const ModuleView&, ValueId x) { return x; }

Result<ValueId> leaky_relu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(slope, module.float_attribute("negative_slope"));
  return b.unary(LeakyRelu{.slope = slope}, x);
}

Result<ValueId> log_sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) {
  return negative(b, b.unary(Softplus{}, negative(b, x)));
}

Result<ValueId> mish(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Mish{}, x); }

Result<ValueId> prelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(count, bounded_int(module, "num_parameters", 1));
  TRY(slopes, weight_recipe(module, "weight", {count}));
  if (count == 1) return b.unary(LeakyRelu{.slope = slopes.to_doubles()[0]}, x);
  CHECK_OK(expect_channels(b, module, x, count));
  const ValueId slope = per_channel(b, slopes, x);
  return b.sub(b.unary(Relu{}, x), b.mul(slope, b.unary(Relu{}, negative(b, x))));
}

Result<ValueId> relu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Relu{}, x); }

Result<ValueId> rrelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lower, module.float_attribute("lower"));
  TRY(upper, module.float_attribute("upper"));
  return b.unary(LeakyRelu{.slope = (lower + upper) / 2}, x);
}

Result<ValueId> selu(GraphBuilder& b, const ModuleView&, ValueId x) {
  return b.mul(b.unary(Elu{.alpha = kSeluAlpha}, x), b.scalar(kSeluScale));
}

Result<ValueId> sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Sigmoid{}, x); }

Result<ValueId> silu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Silu{}, x); }

Result<ValueId> softplus(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(beta, module.float_attribute("beta"));
  TRY(limit, module.float_attribute("threshold"));
  if (!(beta > 0)) return module.fail("beta is {}, a number above 0 is expected", beta);
  const ValueId scaled = beta == 1 ? x : b.mul(x, b.scalar(beta));
  ValueId y = b.unary(Softplus{}, scaled);
  if (beta != 1) y = b.div(y, b.scalar(beta));
  return limit >= kSoftplusIsLinear ? y : where_above(b, scaled, limit, x, y);
}

Result<ValueId> soft_shrink(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lambda, module.float_attribute("lambd"));
  if (!(lambda >= 0)) return module.fail("lambd is {}, a number from 0 is expected", lambda);
  return b.sub(x, b.unary(Clip{.min = -lambda, .max = lambda}, x));
}

Result<ValueId> softsign(GraphBuilder& b, const ModuleView&, ValueId x) {
  const ValueId magnitude = b.add(b.unary(Relu{}, x), b.unary(Relu{}, negative(b, x)));
  return b.div(x, b.add(magnitude, b.scalar(1)));
}

Result<ValueId> tanh(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Tanh{}, x); }

Result<ValueId> tanh_shrink(GraphBuilder& b, const ModuleView&, ValueId x) { return b.sub(x, b.unary(Tanh{}, x)); }

Result<ValueId> threshold(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(limit, module.float_attribute("threshold"));
  TRY(value, module.float_attribute("value"));
  return where_above(b, x, limit, x, b.scalar(value));
}

}  // namespace modelport
