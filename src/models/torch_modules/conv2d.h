#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.Conv2d. Padding may be numbers, "same" or "valid"; modes other than zeros become an operator of their own
/// (padding.h). Attributes that repeat what the weight's shape says are checked against it.
Result<ValueId> conv2d(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
