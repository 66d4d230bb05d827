#pragma once

#include <cstdint>

#include "kernels/thread_pool.h"

namespace modelport {

/// c[m, n] = a[m, k] b[k, n] + row_bias[m] (null: none), all row-major and dense. Accumulates over k in order.
void matmul(int64_t m, int64_t n, int64_t k, const float* a, const float* b, const float* row_bias, float* c,
            ThreadPool& pool);
void matmul(int64_t m, int64_t n, int64_t k, const double* a, const double* b, const double* row_bias, double* c,
            ThreadPool& pool);

}  // namespace modelport
