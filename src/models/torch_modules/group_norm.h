#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// Norms by the statistics of each image itself (torch/nn/functional.py): x [N, C, ...] -> the same shape.
namespace modelport {

/// torch.nn.GroupNorm: every group of channels by its own mean and biased variance.
Result<ValueId> group_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.InstanceNorm1d, 2d and 3d: every channel of every image, or by running statistics where the layer tracks
/// them.
Result<ValueId> instance_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.LocalResponseNorm: x / (k + alpha mean(x^2))^beta over `size` neighbouring channels, zeros beyond the ends.
Result<ValueId> local_response_norm(GraphBuilder& b, const ModuleView& module, ValueId x);

/// torch.nn.CrossMapLRN2d: the same over (size - 1) / 2 channels on either side, rounded down, and, as torch computes
/// it (torch/nn/modules/_functions.py), over the first channel too.
Result<ValueId> cross_map_lrn(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
