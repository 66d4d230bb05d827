#include "models/layers/flatten.h"

#include <algorithm>

namespace modelport {

namespace {

/// Elements of the kernels that pick pixels.
constexpr int64_t kMostPicks = int64_t{1} << 24;

/// Kernels [C kH kW, 1, kH, kW] of which each picks one pixel of one channel's window.
Result<ValueId> picking_kernels(GraphBuilder& b, int64_t channels, Size2 kernel) {
  const int64_t window = kernel[0] * kernel[1];
  if (window > kMostPicks / window / channels)
    return unsupported("windows of {} x {} in {} channels are too many", kernel[0], kernel[1], channels);
  std::vector<float> picks(static_cast<size_t>(channels * window * window), 0.0F);
  for (int64_t i = 0; i < channels * window; ++i) picks[static_cast<size_t>(i * window + i % window)] = 1.0F;
  return b.floats({channels * window, 1, kernel[0], kernel[1]}, std::move(picks));
}

}  // namespace

Result<ValueId> unflatten(GraphBuilder& b, ValueId x, int64_t axis, const std::vector<int64_t>& sizes) {
  int64_t given = 1;
  for (const int64_t size : sizes) {
    if (size == 0 || size < -1 || size > (int64_t{1} << 20) / std::max<int64_t>(1, given))
      return unsupported("unflattened_size is [{}]", fmt::join(sizes, ", "));
    if (size > 0) given *= size;
  }
  if (std::ranges::count(sizes, -1) > 1 || sizes.empty())
    return unsupported("unflattened_size is [{}], at most one -1 is expected", fmt::join(sizes, ", "));
  std::vector<Dim> out;
  for (const int64_t size : sizes)
    out.push_back(size == -1 ? floor_div(b.dim(x, static_cast<size_t>(axis)), given) : Dim(size));
  return b.split_axis(x, axis, std::move(out));
}

Result<ValueId> unfold(GraphBuilder& b, ValueId x, const ImageWindows& windows) {
  TRY(channels, fixed_size(b, x, 1));
  const auto [kernel, strides, padding, dilations] = windows;
  TRY(kernels, picking_kernels(b, channels, kernel));
  const ValueId picked = b.conv(x, kernels, std::nullopt,
                                {.strides = strides,
                                 .pads = {padding[0], padding[1], padding[0], padding[1]},
                                 .dilations = dilations,
                                 .groups = channels});
  return b.merge_axes(picked, 2, 2);
}

Result<ValueId> fold(GraphBuilder& b, ValueId x, Size2 size, const ImageWindows& windows) {
  TRY(columns, fixed_size(b, x, 1));
  const auto [kernel, strides, padding, dilations] = windows;
  const int64_t window = kernel[0] * kernel[1];
  if (columns % window != 0) return inconsistent("{} columns arrive, a multiple of {} is expected", columns, window);
  Size2 positions{}, rest{};
  for (size_t axis = 0; axis < 2; ++axis) {
    const int64_t span = size[axis] + 2 * padding[axis] - dilations[axis] * (kernel[axis] - 1) - 1;
    if (span < 0) return inconsistent("output_size ({}, {}) is smaller than a window", size[0], size[1]);
    positions[axis] = span / strides[axis] + 1;
    rest[axis] = span % strides[axis];
  }
  TRY(kernels, picking_kernels(b, columns / window, kernel));
  const ValueId apart = b.split_axis(x, 2, {positions[0], positions[1]});
  return b.conv_transpose(apart, kernels, std::nullopt,
                          {.strides = strides,
                           .pads = {padding[0], padding[1], padding[0], padding[1]},
                           .dilations = dilations,
                           .output_pads = rest,
                           .groups = columns / window});
}

}  // namespace modelport
