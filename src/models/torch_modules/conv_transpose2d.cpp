#include "models/torch_modules/conv_transpose2d.h"

#include "models/layers/conv_transpose2d.h"
#include "models/torch_modules/attributes.h"

namespace modelport {

Result<ValueId> conv_transpose2d(GraphBuilder& b, const ModuleView& module, ValueId x) {
  TRY(in_channels, bounded_int(module, "in_channels", 1));
  TRY(out_channels, bounded_int(module, "out_channels", 1));
  TRY(kernel, bounded_pair(module, "kernel_size", 1));
  TRY(groups, bounded_int(module, "groups", 1));
  TRY(strides, bounded_pair(module, "stride", 1));
  TRY(dilations, bounded_pair(module, "dilation", 1));
  TRY(padding, bounded_pair(module, "padding", 0));
  TRY(output_padding, bounded_pair(module, "output_padding", 0));
  TRY(mode, module.string_attribute("padding_mode", "zeros"));
  TRY(transposed, module.bool_attribute("transposed", true));
  if (mode != "zeros" || !transposed)
    return module.fail("only transposed convolutions with padding_mode zeros are built");
  CHECK_OK(expect_channels(b, module, x, in_channels));
  return conv_transpose2d(b, weights_of(module), x,
                          {.out_channels = out_channels,
                           .kernel = kernel,
                           .strides = strides,
                           .padding = padding,
                           .output_padding = output_padding,
                           .dilations = dilations,
                           .groups = groups,
                           .bias = Parameter::kOptional});
}

}  // namespace modelport
