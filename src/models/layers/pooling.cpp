#include "models/layers/pooling.h"

namespace modelport {

namespace {

using Reduce = ValueId (GraphBuilder::*)(ValueId, std::vector<int64_t>, GraphBuilder::Location);

/// One value of each of `count` windows along `axis`: window i is [i size / count, (i + 1) size / count), its ends
/// rounded outwards.
ValueId pool_axis(GraphBuilder& b, ValueId x, int64_t axis, int64_t count, Reduce reduce) {
  const Dim size = b.dim(x, static_cast<size_t>(axis));
  if (size == Dim(count)) return x;
  std::vector<ValueId> windows;
  for (int64_t i = 0; i < count; ++i) {
    const Dim begin = floor_div(Dim(i) * size, count), end = floor_div(Dim(i + 1) * size + Dim(count - 1), count);
    const ValueId window = count == 1 ? x : b.slice(x, axis, begin, end);
    windows.push_back((b.*reduce)(window, {axis}, GraphBuilder::Location::current()));
  }
  return windows.size() == 1 ? windows[0] : b.concat(std::move(windows), axis);
}

Status check_output(const OutputSize& sizes) {
  for (const std::optional<int64_t>& size : sizes) {
    if (size && (*size < 1 || *size > kMostAdaptiveWindows))
      return unsupported("output_size has {}, 1 to {} are supported", *size, kMostAdaptiveWindows);
  }
  return {};
}

/// The kernel of the plain pooling that does the same: where windows are equally wide.
std::optional<Size2> equal_windows(const GraphBuilder& b, ValueId x, const OutputSize& sizes) {
  Size2 kernel{1, 1};
  for (size_t axis = 0; axis < 2; ++axis) {
    if (!sizes[axis]) continue;
    const std::optional<int64_t> pixels = b.dim(x, 2 + axis).constant();
    if (!pixels || *pixels % *sizes[axis] != 0) return std::nullopt;
    kernel[axis] = *pixels / *sizes[axis];
  }
  return kernel;
}

ValueId pool_axes(GraphBuilder& b, ValueId x, const OutputSize& sizes, Reduce reduce) {
  for (size_t axis = 0; axis < 2; ++axis) {
    if (sizes[axis]) x = pool_axis(b, x, static_cast<int64_t>(2 + axis), *sizes[axis], reduce);
  }
  return x;
}

/// How windows are counted with ceil_mode: down where sizes vary and both are the same number.
Result<MaxPool::Rounding> rounding_up(const GraphBuilder& b, ValueId x, const MaxPool& pool) {
  MaxPool::Rounding rounding = MaxPool::Rounding::kFloor;
  for (size_t axis = 0; axis < 2; ++axis) {
    const Dim size = b.dim(x, 2 + axis);
    const int64_t stride = pool.strides[axis], window = pool.dilations[axis] * (pool.kernel[axis] - 1) + 1;
    const Dim span = size + Dim(2 * pool.pads[axis] - window);
    const bool same = floor_div(span, stride) == floor_div(span + Dim(stride - 1), stride);
    if (!size.constant() && same) continue;
    // Whether the last window starts inside depends on the size.
    if (!size.constant() && stride + pool.pads[axis] > window) {
      return needs_fixed_sizes(
          unsupported("ceil_mode with stride {} needs a fixed image size; size here is {}", stride, size.text()));
    }
    rounding = MaxPool::Rounding::kCeil;
  }
  return rounding;
}

}  // namespace

Status check_padding(const PoolingLayer& layer) {
  const auto& [kernel, strides, padding, dilations, sizes] = layer;
  if (padding[0] <= kernel[0] / 2 && padding[1] <= kernel[1] / 2) return {};
  return inconsistent("padding ({}, {}) is more than half the kernel ({}, {})", padding[0], padding[1], kernel[0],
                      kernel[1]);
}

Result<ValueId> max_pool2d(GraphBuilder& b, ValueId x, const PoolingLayer& layer) {
  const auto [kernel, strides, padding, dilations, sizes] = layer;
  CHECK_OK(check_padding(layer));
  MaxPool pool{.kernel = kernel,
               .strides = strides,
               .pads = {padding[0], padding[1], padding[0], padding[1]},
               .dilations = dilations};
  if (sizes == PoolingLayer::Sizes::kUp) {
    TRY(rounding, rounding_up(b, x, pool));
    pool.rounding = rounding;
  }
  return b.max_pool(x, pool);
}

Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, ValueId x, const OutputSize& sizes) {
  CHECK_OK(check_output(sizes));
  if (sizes[0] == 1 && sizes[1] == 1) return b.reduce_mean(x, {2, 3});
  if (const std::optional<Size2> kernel = equal_windows(b, x, sizes))
    return b.average_pool(x, {.kernel = *kernel, .strides = *kernel});
  return pool_axes(b, x, sizes, &GraphBuilder::reduce_mean);
}

Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, ValueId x, const OutputSize& sizes) {
  CHECK_OK(check_output(sizes));
  return pool_axes(b, x, sizes, &GraphBuilder::reduce_max);
}

}  // namespace modelport
