#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn layers that only say how elements are counted.
namespace modelport {

/// Flatten: the axes `start_dim` to `end_dim` become one.
Result<ValueId> flatten(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Unflatten: the axis `dim` becomes several of the sizes `unflattened_size`, one of which may be -1: what is left.
Result<ValueId> unflatten(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Unfold: every window of [N, C, H, W] as a column, [N, C kH kW, windows].
Result<ValueId> unfold(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Fold: columns back to where they came from, summed: [N, C kH kW, windows] -> [N, C, output_size].
Result<ValueId> fold(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
