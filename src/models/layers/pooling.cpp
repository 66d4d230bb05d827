#include "models/layers/pooling.h"

#include "models/layers/weights.h"

namespace modelport {

namespace {

/// Windows per axis of an adaptive pooling; more would be a graph of their number.
constexpr int64_t kMostWindows = 256;

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

/// `output_size`, with nothing where an axis stays as it is.
Result<std::array<std::optional<int64_t>, 2>> output_size(const ModuleView& module) {
  TRY(value, module.attribute("output_size"));
  std::array<std::optional<int64_t>, 2> sizes;
  if (value.is_none()) return sizes;
  if (const auto side = value.as_integer()) {
    sizes = {side, side};
  } else {
    const std::vector<PickleValue>* items = value.as_sequence();
    if (!items || items->size() != 2) return module.fail("output_size is {}", pickle_value_text(value, 80));
    for (size_t axis = 0; axis < 2; ++axis) {
      if ((*items)[axis].is_none()) continue;
      sizes[axis] = (*items)[axis].as_integer();
      if (!sizes[axis]) return module.fail("output_size is {}", pickle_value_text(value, 80));
    }
  }
  for (const std::optional<int64_t>& size : sizes) {
    if (size && (*size < 1 || *size > kMostWindows))
      return module.fail("output_size is {}, 1 to {} are supported", pickle_value_text(value, 80), kMostWindows);
  }
  return sizes;
}

/// The kernel of the plain pooling that does the same: where windows are equally wide.
std::optional<Size2> equal_windows(const GraphBuilder& b, ValueId x,
                                   const std::array<std::optional<int64_t>, 2>& sizes) {
  Size2 kernel{1, 1};
  for (size_t axis = 0; axis < 2; ++axis) {
    if (!sizes[axis]) continue;
    const std::optional<int64_t> pixels = b.dim(x, 2 + axis).constant();
    if (!pixels || *pixels % *sizes[axis] != 0) return std::nullopt;
    kernel[axis] = *pixels / *sizes[axis];
  }
  return kernel;
}

ValueId pool_axes(GraphBuilder& b, ValueId x, const std::array<std::optional<int64_t>, 2>& sizes, Reduce reduce) {
  for (size_t axis = 0; axis < 2; ++axis) {
    if (sizes[axis]) x = pool_axis(b, x, static_cast<int64_t>(2 + axis), *sizes[axis], reduce);
  }
  return x;
}

/// How windows are counted with ceil_mode: down where sizes vary and both are the same number.
Result<MaxPool::Rounding> rounding_up(const GraphBuilder& b, const ModuleView& module, ValueId x, const MaxPool& pool) {
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
          module.fail("ceil_mode with stride {} needs a fixed image size; size here is {}", stride, size.text()));
    }
    rounding = MaxPool::Rounding::kCeil;
  }
  return rounding;
}

}  // namespace

Result<ValueId> max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  Size2 strides = kernel;
  if (!module.is_none("stride")) {
    TRY(given, bounded_pair(module, "stride", 1));
    strides = given;
  }
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  TRY(indices, module.bool_attribute("return_indices"));
  TRY(ceil, module.bool_attribute("ceil_mode"));
  if (indices) return module.fail("return_indices=True is not supported");
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2) {
    return contradiction(module, "padding ({}, {}) is more than half the kernel ({}, {})", padding[0], padding[1],
                         kernel[0], kernel[1]);
  }
  MaxPool pool{.kernel = kernel,
               .strides = strides,
               .pads = {padding[0], padding[1], padding[0], padding[1]},
               .dilations = dilations};
  if (ceil) {
    TRY(rounding, rounding_up(b, module, x, pool));
    pool.rounding = rounding;
  }
  return b.max_pool(x, pool);
}

Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(sizes, output_size(module));
  if (sizes[0] == 1 && sizes[1] == 1) return b.reduce_mean(x, {2, 3});
  if (const std::optional<Size2> kernel = equal_windows(b, x, sizes))
    return b.average_pool(x, {.kernel = *kernel, .strides = *kernel});
  return pool_axes(b, x, sizes, &GraphBuilder::reduce_mean);
}

Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(sizes, output_size(module));
  TRY(indices, module.bool_attribute("return_indices"));
  if (indices) return module.fail("return_indices=True is not supported");
  return pool_axes(b, x, sizes, &GraphBuilder::reduce_max);
}

}  // namespace modelport
