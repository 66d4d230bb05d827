#pragma once

#include <cstdint>

#include "kernels/thread_pool.h"

namespace modelport {

/// A 2-D convolution in NCHW with zero padding; weight [out_channels, in_channels / groups, kernel_h, kernel_w].
struct ConvolutionShape {
  int64_t batch = 1;
  int64_t in_channels = 1, in_h = 1, in_w = 1;
  int64_t out_channels = 1, out_h = 1,
          out_w = 1;  ///< Output sizes are the caller's; reads outside the image are zeros.
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t groups = 1;
};

/// y = conv(x, weight) + bias (bias may be null). Dense groups run as an implicit matrix product in blocks; depthwise
/// ones row by row.
void convolve(const ConvolutionShape& shape, const float* x, const float* weight, const float* bias, float* y,
              ThreadPool& pool);
/// The same in float64, in the same order of accumulation per output.
void convolve(const ConvolutionShape& shape, const double* x, const double* weight, const double* bias, double* y,
              ThreadPool& pool);

}  // namespace modelport
