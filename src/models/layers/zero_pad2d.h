#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.ZeroPad2d: `padding` is (left, right, top, bottom).
Result<ValueId> zero_pad2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
