#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.Linear: [..., in_features] -> [..., out_features].
Result<ValueId> linear(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
