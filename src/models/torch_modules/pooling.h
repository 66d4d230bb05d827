#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn pools of images, x [N, C, H, W]. `return_indices` is refused.
namespace modelport {

Result<ValueId> max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

/// AvgPool2d, with whatever its windows are divided by. Where `ceil_mode` adds windows, image sizes must be fixed.
Result<ValueId> avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

/// LPPool2d: (sum of x^norm_type)^(1 / norm_type) over windows.
Result<ValueId> lp_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

/// AdaptiveAvgPool2d and AdaptiveMaxPool2d: [N, C, H, W] -> [N, C, output_size]; None keeps an axis as it is.
Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
