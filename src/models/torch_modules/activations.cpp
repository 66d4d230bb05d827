#include "models/torch_modules/activations.h"

#include "models/layers/activations.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

Result<ValueId> celu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(alpha, module.float_attribute("alpha"));
  return celu(b, x, alpha).in(module.where());
}

Result<ValueId> elu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(alpha, module.float_attribute("alpha"));
  return b.unary(Elu{.alpha = alpha}, x);
}

Result<ValueId> gelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(approximate, module.string_attribute("approximate", "none"));
  return gelu(b, x, approximate).in(module.where());
}

Result<ValueId> glu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, axis_attribute(b, module, "dim", x));
  return glu(b, x, axis);
}

Result<ValueId> hard_shrink(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lambda, module.float_attribute("lambd"));
  return hard_shrink(b, x, lambda).in(module.where());
}

Result<ValueId> hard_sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(HardSigmoid{}, x); }

Result<ValueId> hard_swish(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(HardSwish{}, x); }

Result<ValueId> hard_tanh(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(min, module.float_attribute("min_val"));
  TRY(max, module.float_attribute("max_val"));
  return hard_tanh(b, x, min, max).in(module.where());
}

Result<ValueId> identity(GraphBuilder&, const ModuleView&, ValueId x) { return x; }

Result<ValueId> leaky_relu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(slope, module.float_attribute("negative_slope"));
  return b.unary(LeakyRelu{.slope = slope}, x);
}

Result<ValueId> log_sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return log_sigmoid(b, x); }

Result<ValueId> mish(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Mish{}, x); }

Result<ValueId> prelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(slopes, bounded_int(module, "num_parameters", 1));
  return prelu(b, weights_of(module), x, slopes);
}

Result<ValueId> relu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Relu{}, x); }

Result<ValueId> rrelu(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lower, module.float_attribute("lower"));
  TRY(upper, module.float_attribute("upper"));
  return b.unary(LeakyRelu{.slope = (lower + upper) / 2}, x);
}

Result<ValueId> selu(GraphBuilder& b, const ModuleView&, ValueId x) { return selu(b, x); }

Result<ValueId> sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Sigmoid{}, x); }

Result<ValueId> silu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Silu{}, x); }

Result<ValueId> softplus(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(beta, module.float_attribute("beta"));
  TRY(threshold, module.float_attribute("threshold"));
  return softplus(b, x, beta, threshold).in(module.where());
}

Result<ValueId> soft_shrink(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(lambda, module.float_attribute("lambd"));
  return soft_shrink(b, x, lambda).in(module.where());
}

Result<ValueId> softsign(GraphBuilder& b, const ModuleView&, ValueId x) { return softsign(b, x); }

Result<ValueId> tanh(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Tanh{}, x); }

Result<ValueId> tanh_shrink(GraphBuilder& b, const ModuleView&, ValueId x) { return tanh_shrink(b, x); }

Result<ValueId> threshold(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(limit, module.float_attribute("threshold"));
  TRY(value, module.float_attribute("value"));
  return threshold(b, x, limit, value);
}

}  // namespace modelport
