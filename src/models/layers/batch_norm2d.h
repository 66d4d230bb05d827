#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.BatchNorm2d in evaluation mode. Without affine parameters scale is 1 and bias 0; without running statistics
/// the framework would use the batch's own, which is refused.
Result<ValueId> batch_norm2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
