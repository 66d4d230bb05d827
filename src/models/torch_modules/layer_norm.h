#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// Norms over the last axes, as many as `normalized_shape` names. Without affine parameters the scale is 1 and the bias
/// 0.
namespace modelport {

/// torch.nn.LayerNorm.
Result<ValueId> layer_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.RMSNorm: x / sqrt(mean(x^2) + eps) scale; without `eps`, float32's.
Result<ValueId> rms_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
