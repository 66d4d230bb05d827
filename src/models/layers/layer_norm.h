#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.LayerNorm over the last axes, as many as `normalized_shape` names. Without affine parameters the scale is 1
/// and the bias 0.
Result<ValueId> layer_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
