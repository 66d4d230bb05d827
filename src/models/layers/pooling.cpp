#include "models/layers/pooling.h"

#include "models/layers/weights.h"

namespace modelport {

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

}  // namespace modelport
