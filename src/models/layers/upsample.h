#pragma once

#include "checkpoint/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.Upsample, modes nearest and bilinear, by size or by a scale that gives whole pixels (whole scales where the
/// image size may vary). For those `recompute_scale_factor` makes no difference.
Result<ValueId> upsample(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
