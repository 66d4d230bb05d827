#pragma once

#include "models/layers/weights.h"

namespace modelport {

/// A two-dimensional convolution as torch.nn.Conv2d has it.
struct Conv2dLayer {
  int64_t out_channels;
  Size2 kernel;
  Size2 strides{1, 1};
  Pads2 pads{};  ///< {top, left, bottom, right}
  Size2 dilations{1, 1};
  int64_t groups = 1;
  std::string_view padding_mode = "zeros";  ///< Other modes become an operator of their own (padding.h).
  Parameter bias = Parameter::kRequired;
};

/// x [N, C, H, W] with `weight` [out_channels, C / groups, kH, kW] and `bias` [out_channels] -> [N, out_channels, H',
/// W'].
Result<ValueId> conv2d(GraphBuilder& b, const Weights& weights, ValueId x, const Conv2dLayer& layer);

}  // namespace modelport
