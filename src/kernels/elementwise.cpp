#include "kernels/elementwise.h"

#include <algorithm>
#include <bit>
#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define MODELPORT_CLONES __attribute__((target_clones("default", "arch=haswell", "arch=skylake-avx512")))
#else
#define MODELPORT_CLONES
#endif

namespace modelport {

namespace {

/// e^x for floats without branches, so that loops over it vectorise. x = n ln 2 + r with |r| <= ln 2 / 2; e^r by a
/// polynomial of degree 6 (Cephes expf, S. Moshier), scaled by 2^n in two steps so that subnormal results come out
/// right.
__attribute__((always_inline)) inline float exp_float(float x) {
  constexpr float kLog2E = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  const float clamped = std::min(std::max(x, -104.0f), 88.8f);
  constexpr float kRounder = 12582912.0f;
  const float n = (clamped * kLog2E + kRounder) - kRounder;
  const float r = (clamped - n * kLn2High) - n * kLn2Low;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float e = p * r * r + r + 1.0f;
  const int32_t power = static_cast<int32_t>(n);
  const int32_t half = power >> 1;
  const float first = std::bit_cast<float>((half + 127) << 23);
  const float second = std::bit_cast<float>((power - half + 127) << 23);
  const float result = e * first * second;
  // NaN stays NaN: the clamp above would have replaced it.
  return x == x ? result : x;
}

__attribute__((always_inline)) inline float sigmoid_float(float x) { return 1.0f / (1.0f + exp_float(-x)); }

constexpr int64_t kPiece = 1 << 15;

}  // namespace

MODELPORT_CLONES void exp_kernel(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = exp_float(x[i]);
}
MODELPORT_CLONES void sigmoid_kernel(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = sigmoid_float(x[i]);
}
MODELPORT_CLONES void silu_kernel(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] * sigmoid_float(x[i]);
}
MODELPORT_CLONES void add_kernel(const float* a, const float* b, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}
MODELPORT_CLONES void mul_kernel(const float* a, const float* b, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] * b[i];
}

void tanh_kernel(const float* x, float* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = std::tanh(x[i]);
}
void exp_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = std::exp(x[i]);
}
void sigmoid_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = 1.0 / (1.0 + std::exp(-x[i]));
}
void silu_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] / (1.0 + std::exp(-x[i]));
}
void tanh_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = std::tanh(x[i]);
}
void add_kernel(const double* a, const double* b, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
}
void mul_kernel(const double* a, const double* b, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = a[i] * b[i];
}

void in_pieces(int64_t count, ThreadPool& pool, const std::function<void(int64_t, int64_t)>& body) {
  const int64_t pieces = (count + kPiece - 1) / kPiece;
  pool.parallel_for(pieces, [&](int64_t piece) { body(piece * kPiece, std::min(count, (piece + 1) * kPiece)); });
}

}  // namespace modelport
