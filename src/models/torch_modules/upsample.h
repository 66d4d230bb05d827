#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

namespace modelport {

/// torch.nn.Upsample, UpsamplingNearest2d and UpsamplingBilinear2d: modes nearest, nearest-exact, bilinear, bicubic and
/// area, by size or by scale. What resizing operators do not say alike in every format (bicubic, area, scales that do
/// not give whole pixels) becomes a product with the weights of each axis, for which image sizes must be fixed.
Result<ValueId> upsample(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
