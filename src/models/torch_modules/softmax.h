#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn.Softmax and its relatives: along `dim`, which may count from the end. Where it is None, along axis 1 of a
/// matrix or an image and along axis 0 of ranks 0, 1 and 3, as torch chooses.
namespace modelport {

Result<ValueId> log_softmax(GraphBuilder& b, const ModuleView& module, ValueId x);
Result<ValueId> softmax(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Over the channels of every pixel.
Result<ValueId> softmax2d(GraphBuilder& b, const ModuleView& module, ValueId x);
/// Softmax of -x.
Result<ValueId> softmin(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
