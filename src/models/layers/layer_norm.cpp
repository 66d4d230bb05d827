#include "models/layers/layer_norm.h"

#include "models/layers/weights.h"

namespace modelport {

Result<ValueId> layer_norm(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(shape, module.int_list_attribute("normalized_shape"));
  TRY(epsilon, module.float_attribute("eps"));
  TRY(affine, module.bool_attribute("elementwise_affine"));
  if (!(epsilon >= 0)) return contradiction(module, "eps is {}", epsilon);
  const std::optional<int64_t> count = element_count(shape);
  if (!count || *count < 1) return contradiction(module, "normalized_shape is {}", shape_text(shape));
  TRY(scale, optional_weight(b, module, "weight", shape));
  TRY(bias, optional_weight(b, module, "bias", shape));
  if (affine != scale.has_value() || (!affine && bias)) {
    return contradiction(module, "elementwise_affine is {}, its parameters say otherwise", affine ? "True" : "False");
  }
  const auto filled = [&](float value) {
    return b.floats(shape, std::vector<float>(static_cast<size_t>(*count), value));
  };
  if (!scale) scale = filled(1.0F);
  if (!bias) bias = filled(0.0F);
  return b.layer_norm(x, *scale, *bias, {.axes = static_cast<int64_t>(shape.size()), .epsilon = epsilon});
}

}  // namespace modelport
