#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.ConvTranspose2d with zero padding: [N, C, H, W] -> [N, M, H', W'].
Result<ValueId> conv_transpose2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
