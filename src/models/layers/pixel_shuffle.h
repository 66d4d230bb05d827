#pragma once

#include "models/layers/weights.h"

/// Layers that move channels, x [N, C, H, W].
namespace modelport {

/// [N, C r r, H, W] -> [N, C, H r, W r] for the factor r.
Result<ValueId> pixel_shuffle(GraphBuilder& b, ValueId x, int64_t factor);
/// [N, C, H r, W r] -> [N, C r r, H, W].
Result<ValueId> pixel_unshuffle(GraphBuilder& b, ValueId x, int64_t factor);
/// The first channel of every group, then the second of every group ...
Result<ValueId> channel_shuffle(GraphBuilder& b, ValueId x, int64_t groups);

}  // namespace modelport
