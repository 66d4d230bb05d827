#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.MaxPool2d; return_indices is refused.
Result<ValueId> max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.AdaptiveAvgPool2d to one pixel: [N, C, H, W] -> [N, C, 1, 1]. Other output sizes are refused.
Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.AdaptiveMaxPool2d: [N, C, H, W] -> [N, C, output_size]. return_indices is refused.
Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
