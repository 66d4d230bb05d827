#include "models/layers/activations.h"

#include "models/layers/weights.h"

namespace modelport {

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

Result<ValueId> mish(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Mish{}, x); }

Result<ValueId> relu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Relu{}, x); }

Result<ValueId> sigmoid(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Sigmoid{}, x); }

Result<ValueId> silu(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Silu{}, x); }

Result<ValueId> softplus(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(beta, module.float_attribute("beta"));
  TRY(threshold, module.float_attribute("threshold"));
  if (beta != 1 || threshold != 20) {
    return module.fail("beta {} and threshold {} are not supported; 1 and 20 are", beta, threshold);
  }
  return b.unary(Softplus{}, x);
}

Result<ValueId> tanh(GraphBuilder& b, const ModuleView&, ValueId x) { return b.unary(Tanh{}, x); }

}  // namespace modelport
