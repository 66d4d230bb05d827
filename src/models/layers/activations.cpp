#include "models/layers/activations.h"

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

Result<ValueId> celu(GraphBuilder& b, ValueId x, double alpha) {
  if (!(alpha > 0)) return unsupported("alpha is {}, a number above 0 is expected", alpha);
  if (alpha == 1) return b.unary(Elu{.alpha = 1}, x);
  return b.mul(b.unary(Elu{.alpha = 1}, b.div(x, b.scalar(alpha))), b.scalar(alpha));
}

Result<ValueId> gelu(GraphBuilder& b, ValueId x, std::string_view approximate) {
  if (approximate == "none") return b.unary(Gelu{.form = GeluForm::kErf}, x);
  if (approximate == "tanh") return b.unary(Gelu{.form = GeluForm::kTanh}, x);
  return unsupported("approximate is '{}', 'none' or 'tanh' is expected", approximate);
}

ValueId glu(GraphBuilder& b, ValueId x, int64_t axis) {
  const Dim half = floor_div(b.dim(x, static_cast<size_t>(axis)), 2);
  const std::vector<ValueId> halves = b.split(x, axis, {half, half});
  return b.mul(halves[0], b.unary(Sigmoid{}, halves[1]));
}

Result<ValueId> hard_shrink(GraphBuilder& b, ValueId x, double lambda) {
  if (!(lambda >= 0)) return unsupported("lambd is {}, a number from 0 is expected", lambda);
  const ValueId zero = b.scalar(0);
  return where_above(b, x, lambda, x, b.where(b.less(x, b.scalar(-lambda)), x, zero));
}

Result<ValueId> hard_tanh(GraphBuilder& b, ValueId x, double min, double max) {
  if (!(min < max)) return inconsistent("min_val {} is not below max_val {}", min, max);
  return b.unary(Clip{.min = min, .max = max}, x);
}

ValueId log_sigmoid(GraphBuilder& b, ValueId x) { return negative(b, b.unary(Softplus{}, negative(b, x))); }

Result<ValueId> prelu(GraphBuilder& b, const Weights& weights, ValueId x, int64_t slopes) {
  TRY(values, weights.recipe("weight", {slopes}));
  if (slopes == 1) return b.unary(LeakyRelu{.slope = values.to_doubles()[0]}, x);
  CHECK_OK(expect_channels(b, x, slopes).in(weights.where()));
  const ValueId slope = per_channel(b, values, x);
  return b.sub(b.unary(Relu{}, x), b.mul(slope, b.unary(Relu{}, negative(b, x))));
}

ValueId selu(GraphBuilder& b, ValueId x) { return b.mul(b.unary(Elu{.alpha = kSeluAlpha}, x), b.scalar(kSeluScale)); }

Result<ValueId> softplus(GraphBuilder& b, ValueId x, double beta, double threshold) {
  if (!(beta > 0)) return unsupported("beta is {}, a number above 0 is expected", beta);
  const ValueId scaled = beta == 1 ? x : b.mul(x, b.scalar(beta));
  ValueId y = b.unary(Softplus{}, scaled);
  if (beta != 1) y = b.div(y, b.scalar(beta));
  return threshold >= kSoftplusIsLinear ? y : where_above(b, scaled, threshold, x, y);
}

Result<ValueId> soft_shrink(GraphBuilder& b, ValueId x, double lambda) {
  if (!(lambda >= 0)) return unsupported("lambd is {}, a number from 0 is expected", lambda);
  return b.sub(x, b.unary(Clip{.min = -lambda, .max = lambda}, x));
}

ValueId softsign(GraphBuilder& b, ValueId x) {
  const ValueId magnitude = b.add(b.unary(Relu{}, x), b.unary(Relu{}, negative(b, x)));
  return b.div(x, b.add(magnitude, b.scalar(1)));
}

ValueId tanh_shrink(GraphBuilder& b, ValueId x) { return b.sub(x, b.unary(Tanh{}, x)); }

ValueId threshold(GraphBuilder& b, ValueId x, double limit, double value) {
  return where_above(b, x, limit, x, b.scalar(value));
}

}  // namespace modelport
