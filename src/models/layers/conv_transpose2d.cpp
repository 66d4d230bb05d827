#include "models/layers/conv_transpose2d.h"

namespace modelport {

Result<ValueId> conv_transpose2d(GraphBuilder& b, const Weights& weights, ValueId x,
                                 const ConvTranspose2dLayer& layer) {
  TRY(in_channels, fixed_size(b, x, 1).in(weights.where()));
  if (in_channels % layer.groups != 0 || layer.out_channels % layer.groups != 0) {
    return contradiction(weights, "groups is {}, which does not divide {} and {} channels", layer.groups, in_channels,
                         layer.out_channels);
  }
  TRY(kernels,
      weight(b, weights, "weight", {in_channels, layer.out_channels / layer.groups, layer.kernel[0], layer.kernel[1]}));
  TRY(bias, weight(b, weights, "bias", {layer.out_channels}, layer.bias));
  const Size2 pads = layer.padding;
  return b.conv_transpose(x, kernels, bias,
                          {.strides = layer.strides,
                           .pads = {pads[0], pads[1], pads[0], pads[1]},
                           .dilations = layer.dilations,
                           .output_pads = layer.output_padding,
                           .groups = layer.groups});
}

}  // namespace modelport
