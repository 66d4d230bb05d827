#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.BatchNorm1d, 2d and 3d in evaluation mode, and SyncBatchNorm, which differs from them in training only:
/// over axis 1. Without affine parameters scale is 1 and bias 0; without running statistics the framework would use the
/// batch's own, which is refused.
Result<ValueId> batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// apex.parallel.SyncBatchNorm: the same, unless it is told to read the last axis or to end in a ReLU, which is
/// refused.
Result<ValueId> apex_batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// Batch norms whose parameters are buffers that training leaves alone: torchvision.ops.FrozenBatchNorm2d.
Result<ValueId> frozen_batch_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
