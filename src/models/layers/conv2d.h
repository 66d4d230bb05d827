#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.Conv2d. Padding may be numbers, "same" or "valid"; modes zeros, reflect and replicate (by Pad), circular is
/// refused. Attributes that repeat what the weight's shape says are checked against it.
Result<ValueId> conv2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
