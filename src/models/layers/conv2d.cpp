#include "models/layers/conv2d.h"

#include "models/layers/padding.h"

namespace modelport {

Result<ValueId> conv2d(GraphBuilder& b, const Weights& weights, ValueId x, const Conv2dLayer& layer) {
  TRY(in_channels, fixed_size(b, x, 1).in(weights.where()));
  if (in_channels % layer.groups != 0 || layer.out_channels % layer.groups != 0) {
    return contradiction(weights, "groups is {}, which does not divide {} and {} channels", layer.groups, in_channels,
                         layer.out_channels);
  }
  TRY(kernels,
      weight(b, weights, "weight", {layer.out_channels, in_channels / layer.groups, layer.kernel[0], layer.kernel[1]}));
  TRY(bias, weight(b, weights, "bias", {layer.out_channels}, layer.bias));
  Conv conv{.strides = layer.strides, .pads = layer.pads, .dilations = layer.dilations, .groups = layer.groups};
  if (layer.padding_mode != "zeros") {
    TRY(padded, pad_by_mode(b, x, layer.padding_mode, conv.pads).in(weights.where()));
    x = padded;
    conv.pads = {};
  }
  return b.conv(x, kernels, bias, conv);
}

}  // namespace modelport
