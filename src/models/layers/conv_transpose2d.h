#pragma once

#include "models/layers/weights.h"

namespace modelport {

/// A transposed convolution with zero padding as torch.nn.ConvTranspose2d has it.
struct ConvTranspose2dLayer {
  int64_t out_channels;
  Size2 kernel;
  Size2 strides{1, 1};
  Size2 padding{};
  Size2 output_padding{};
  Size2 dilations{1, 1};
  int64_t groups = 1;
  Parameter bias = Parameter::kRequired;
};

/// x [N, C, H, W] with `weight` [C, out_channels / groups, kH, kW] -> [N, out_channels, H', W'].
Result<ValueId> conv_transpose2d(GraphBuilder& b, const Weights& weights, ValueId x, const ConvTranspose2dLayer& layer);

}  // namespace modelport
