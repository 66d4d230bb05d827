#include "models/layers/pooling.h"

#include "models/layers/weights.h"

namespace modelport {

namespace {

/// The largest of each of `count` windows along `axis`: window i is [i size / count, (i + 1) size / count), its ends
/// rounded outwards.
ValueId pool_axis(GraphBuilder& b, ValueId x, int64_t axis, int64_t count) {
  const Dim size = b.shape(x)[static_cast<size_t>(axis)];
  std::vector<ValueId> windows;
  for (int64_t i = 0; i < count; ++i) {
    const Dim begin = floor_div(Dim(i) * size, count), end = floor_div(Dim(i + 1) * size + Dim(count - 1), count);
    windows.push_back(b.reduce_max(b.slice(x, axis, begin, end), {axis}));
  }
  return b.concat(std::move(windows), axis);
}

}  // namespace

Result<ValueId> max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  TRY(strides, bounded_pair(module, "stride", 1));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  TRY(indices, module.bool_attribute("return_indices"));
  TRY(ceil, module.bool_attribute("ceil_mode"));
  if (indices) return module.fail("return_indices=True is not supported");
  if (padding[0] > kernel[0] / 2 || padding[1] > kernel[1] / 2) {
    return contradiction(module, "padding ({}, {}) is more than half the kernel ({}, {})", padding[0], padding[1],
                         kernel[0], kernel[1]);
  }
  return b.max_pool(x, {.kernel = kernel,
                        .strides = strides,
                        .pads = {padding[0], padding[1], padding[0], padding[1]},
                        .dilations = dilations,
                        .rounding = ceil ? MaxPool::Rounding::kCeil : MaxPool::Rounding::kFloor});
}

Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(size, module.int_pair_attribute("output_size"));
  if (size != Size2{1, 1}) return module.fail("output_size is ({}, {}), only 1 is supported", size[0], size[1]);
  return b.reduce_mean(x, {2, 3});
}

Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(size, bounded_pair(module, "output_size", 1));
  TRY(indices, module.bool_attribute("return_indices"));
  if (indices) return module.fail("return_indices=True is not supported");
  return pool_axis(b, pool_axis(b, x, 2, size[0]), 3, size[1]);
}

}  // namespace modelport
