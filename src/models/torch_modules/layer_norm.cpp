#include "models/torch_modules/layer_norm.h"

#include <limits>

#include "models/layers/layer_norm.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

/// `normalized_shape`; `elementwise_affine` must say whether there is a scale.
Result<NormOverLast> read_norm(const ModuleView& module) {
  TRY(shape, module.int_list_attribute("normalized_shape"));
  TRY(affine, module.bool_attribute("elementwise_affine"));
  const std::optional<int64_t> count = element_count(shape);
  if (!count || *count < 1) return contradiction(module, "normalized_shape is {}", shape_text(shape));
  const Weights weights = weights_of(module);
  if (affine != weights.has("weight") || (!affine && weights.has("bias"))) {
    return contradiction(module, "elementwise_affine is {}, its parameters say otherwise", affine ? "True" : "False");
  }
  return NormOverLast{.shape = std::move(shape),
                      .epsilon = 0,
                      .scale = affine ? Parameter::kRequired : Parameter::kAbsent,
                      .bias = affine ? Parameter::kOptional : Parameter::kAbsent};
}

}  // namespace

Result<ValueId> layer_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(layer, read_norm(module));
  TRY(epsilon, epsilon_attribute(module));
  layer.epsilon = epsilon;
  return layer_norm(b, weights_of(module), x, layer);
}

Result<ValueId> rms_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(layer, read_norm(module));
  layer.epsilon = static_cast<double>(std::numeric_limits<float>::epsilon());
  if (!module.is_none("eps")) {
    TRY(given, epsilon_attribute(module));
    layer.epsilon = given;
  }
  return rms_norm(b, weights_of(module), x, layer);
}

}  // namespace modelport
