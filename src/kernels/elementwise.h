#pragma once

#include <cstdint>
#include <functional>

#include "kernels/thread_pool.h"

namespace modelport {

// y[i] = f(x[i]) for `count` values; y may be x. All are vectorised and within 2 units in the last place (sigmoid 4,
// and gelu absolutely), but for tanh and erf of doubles, which are the C library's.
void exp_kernel(const float* x, float* y, int64_t count);
void exp_kernel(const double* x, double* y, int64_t count);
void sigmoid_kernel(const float* x, float* y, int64_t count);
void sigmoid_kernel(const double* x, double* y, int64_t count);
/// x * sigmoid(x)
void silu_kernel(const float* x, float* y, int64_t count);
void silu_kernel(const double* x, double* y, int64_t count);
void tanh_kernel(const float* x, float* y, int64_t count);
void tanh_kernel(const double* x, double* y, int64_t count);
void erf_kernel(const float* x, float* y, int64_t count);
void erf_kernel(const double* x, double* y, int64_t count);
/// x / 2 * (1 + erf(x / sqrt 2))
void gelu_erf_kernel(const float* x, float* y, int64_t count);
void gelu_erf_kernel(const double* x, double* y, int64_t count);
/// x / 2 * (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))
void gelu_tanh_kernel(const float* x, float* y, int64_t count);
void gelu_tanh_kernel(const double* x, double* y, int64_t count);

// y[i] = a[i] op b[i], all of one shape.
void add_kernel(const float* a, const float* b, float* y, int64_t count);
void add_kernel(const double* a, const double* b, double* y, int64_t count);
void mul_kernel(const float* a, const float* b, float* y, int64_t count);
void mul_kernel(const double* a, const double* b, double* y, int64_t count);

/// Runs body(begin, end) over pieces of [0, count) on the pool; small counts stay on the caller.
void in_pieces(int64_t count, ThreadPool& pool, const std::function<void(int64_t, int64_t)>& body);

}  // namespace modelport
