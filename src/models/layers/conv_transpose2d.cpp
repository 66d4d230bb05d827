#include "models/layers/conv_transpose2d.h"

#include "models/layers/weights.h"

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
  if (in_channels % groups != 0 || out_channels % groups != 0) {
    return contradiction(module, "groups is {}, which does not divide {} and {} channels", groups, in_channels,
                         out_channels);
  }
  CHECK_OK(expect_channels(b, module, x, in_channels));
  TRY(kernels, weight(b, module, "weight", {in_channels, out_channels / groups, kernel[0], kernel[1]}));
  TRY(bias, optional_weight(b, module, "bias", {out_channels}));
  return b.conv_transpose(x, kernels, bias,
                          {.strides = strides,
                           .pads = {padding[0], padding[1], padding[0], padding[1]},
                           .dilations = dilations,
                           .output_pads = output_padding,
                           .groups = groups});
}

}  // namespace modelport
