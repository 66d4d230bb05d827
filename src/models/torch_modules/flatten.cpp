#include "models/torch_modules/flatten.h"

#include "models/layers/flatten.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

namespace {

Result<ImageWindows> read_image_windows(const ModuleView& module) {
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  TRY(strides, bounded_pair(module, "stride", 1));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  return ImageWindows{kernel, strides, padding, dilations};
}

}  // namespace

Result<ValueId> flatten(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(first, axis_attribute(b, module, "start_dim", x));
  TRY(last, axis_attribute(b, module, "end_dim", x));
  if (last < first) return contradiction(module, "end_dim {} is before start_dim {}", last, first);
  return b.merge_axes(x, first, last - first + 1);
}

Result<ValueId> unflatten(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(axis, axis_attribute(b, module, "dim", x));
  TRY(sizes, module.int_list_attribute("unflattened_size"));
  return unflatten(b, x, axis, sizes).in(module.where());
}

Result<ValueId> unfold(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(windows, read_image_windows(module));
  return unfold(b, x, windows).in(module.where());
}

Result<ValueId> fold(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(windows, read_image_windows(module));
  TRY(size, bounded_pair(module, "output_size", 1));
  return fold(b, x, size, windows).in(module.where());
}

}  // namespace modelport
