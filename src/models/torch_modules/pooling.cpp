#include "models/torch_modules/pooling.h"

#include "models/layers/pooling.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

/// `output_size`, with nothing where an axis stays as it is.
Result<OutputSize> output_size(const ModuleView& module) {
  TRY(value, module.attribute("output_size"));
  OutputSize sizes;
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
    if (size && (*size < 1 || *size > kMostAdaptiveWindows)) {
      return module.fail("output_size is {}, 1 to {} are supported", pickle_value_text(value, 80),
                         kMostAdaptiveWindows);
    }
  }
  return sizes;
}

/// `kernel_size`, and `stride`, which is the kernel where it is None.
Result<PoolingLayer> read_pooling(const ModuleView& module) {
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  PoolingLayer layer{.kernel = kernel, .strides = kernel};
  if (!module.is_none("stride")) {
    TRY(given, bounded_pair(module, "stride", 1));
    layer.strides = given;
  }
  TRY(ceil, module.bool_attribute("ceil_mode"));
  if (ceil) layer.sizes = PoolingLayer::Sizes::kUp;
  return layer;
}

Status refuse_indices(const ModuleView& module) {
  TRY(indices, module.bool_attribute("return_indices"));
  if (indices) return module.fail("return_indices=True is not supported");
  return {};
}

}  // namespace

Result<ValueId> max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(layer, read_pooling(module));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  CHECK_OK(refuse_indices(module));
  layer.padding = padding;
  layer.dilations = dilations;
  return max_pool2d(b, x, layer).in(module.where());
}

Result<ValueId> avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(layer, read_pooling(module));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(counted, module.bool_attribute("count_include_pad"));
  layer.padding = padding;
  AverageDivisor divisor;
  if (!counted) divisor.padding = AveragePool::Padding::kLeftOut;
  if (!module.is_none("divisor_override")) {
    TRY(fixed, bounded_int(module, "divisor_override", 1));
    divisor.fixed = fixed;
  }
  return avg_pool2d(b, x, layer, divisor).in(module.where());
}

Result<ValueId> lp_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(layer, read_pooling(module));
  TRY(norm, module.float_attribute("norm_type"));
  return lp_pool2d(b, x, layer, norm).in(module.where());
}

Result<ValueId> adaptive_avg_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(sizes, output_size(module));
  return adaptive_avg_pool2d(b, x, sizes).in(module.where());
}

Result<ValueId> adaptive_max_pool2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(sizes, output_size(module));
  CHECK_OK(refuse_indices(module));
  return adaptive_max_pool2d(b, x, sizes).in(module.where());
}

}  // namespace modelport
