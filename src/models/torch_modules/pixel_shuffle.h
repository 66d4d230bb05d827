#pragma once

#include "modules/module_view.h"
#include "ops/graph_builder.h"

/// torch.nn layers that move channels, x [N, C, H, W].
namespace modelport {

/// PixelShuffle by a factor r: [N, C r r, H, W] -> [N, C, H r, W r].
Result<ValueId> pixel_shuffle(GraphBuilder& b, const ModuleView& module, ValueId x);
/// PixelUnshuffle by a factor r: [N, C, H r, W r] -> [N, C r r, H, W].
Result<ValueId> pixel_unshuffle(GraphBuilder& b, const ModuleView& module, ValueId x);
/// ChannelShuffle: the first channel of every group, then the second of every group ...
Result<ValueId> channel_shuffle(GraphBuilder& b, const ModuleView& module, ValueId x);

}  // namespace modelport
