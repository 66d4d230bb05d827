#pragma once

#include <cstdint>

#include "kernels/thread_pool.h"

namespace modelport {

/// A 2-D pooling of `planes` images. Output sizes are the caller's; every window touches its image.
struct PoolingShape {
  int64_t planes = 1;
  int64_t in_h = 1, in_w = 1;
  int64_t out_h = 1, out_w = 1;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t dilation_h = 1, dilation_w = 1;
};

/// The largest value of every window; a NaN in it wins, as in torch. Rows first, then columns: kernel_h + kernel_w
/// comparisons a value.
void max_pool(const PoolingShape& shape, const float* x, float* y, ThreadPool& pool);
void max_pool(const PoolingShape& shape, const double* x, double* y, ThreadPool& pool);

}  // namespace modelport
