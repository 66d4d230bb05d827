#pragma once

#include "models/layers/weights.h"

/// Layers that only say how elements are counted.
namespace modelport {

/// The axis becomes several of `sizes`, one of which may be -1: what is left.
Result<ValueId> unflatten(GraphBuilder& b, ValueId x, int64_t axis, const std::vector<int64_t>& sizes);

struct ImageWindows {
  Size2 kernel;
  Size2 strides{1, 1};
  Size2 padding{};
  Size2 dilations{1, 1};
};
/// Every window of [N, C, H, W] as a column: [N, C kH kW, windows].
Result<ValueId> unfold(GraphBuilder& b, ValueId x, const ImageWindows& windows);
/// Columns back to where they came from, summed: [N, C kH kW, windows] -> [N, C, size].
Result<ValueId> fold(GraphBuilder& b, ValueId x, Size2 size, const ImageWindows& windows);

}  // namespace modelport
