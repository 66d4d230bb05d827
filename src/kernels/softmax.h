#pragma once

#include <cstdint>

#include "kernels/thread_pool.h"

namespace modelport {

/// y = softmax(x) along the middle axis of [outer, count, inner]; y may be x. The largest value is subtracted first.
void softmax(int64_t outer, int64_t count, int64_t inner, const float* x, float* y, ThreadPool& pool);
void softmax(int64_t outer, int64_t count, int64_t inner, const double* x, double* y, ThreadPool& pool);

}  // namespace modelport
