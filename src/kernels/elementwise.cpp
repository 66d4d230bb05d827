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

/// e^x for doubles in the same way: x = n ln 2 + r, e^r = 1 + 2 r P(r^2) / (Q(r^2) - r P(r^2)) (Cephes exp, S.
/// Moshier). Results below the smallest normal number are that number's size, not zero.
__attribute__((always_inline)) inline double exp_double(double x) {
  constexpr double kLog2E = 1.4426950408889634074;
  constexpr double kLn2High = 6.93145751953125e-1, kLn2Low = 1.42860682030941723212e-6;
  const double clamped = std::min(std::max(x, -708.0), 709.7);
  constexpr double kRounder = 6755399441055744.0;
  const double shifted = clamped * kLog2E + kRounder;
  const double n = shifted - kRounder;
  const double r = (clamped - n * kLn2High) - n * kLn2Low;
  const double square = r * r;
  const double p =
      r * ((1.26177193074810590878e-4 * square + 3.02994407707441961300e-2) * square + 9.99999999999999999910e-1);
  const double q =
      ((3.00198505138664455042e-6 * square + 2.52448340349684104192e-3) * square + 2.27265548208155028766e-1) * square +
      2.0;
  const double e = 1.0 + 2.0 * p / (q - p);
  // The low bits of `shifted` are n: moved into the exponent they are 2^n.
  const double power = std::bit_cast<double>((std::bit_cast<int64_t>(shifted) << 52) + (int64_t{1023} << 52));
  return x == x ? e * power : x;
}

__attribute__((always_inline)) inline double sigmoid_double(double x) { return 1.0 / (1.0 + exp_double(-x)); }

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
MODELPORT_CLONES void exp_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = exp_double(x[i]);
}
MODELPORT_CLONES void sigmoid_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = sigmoid_double(x[i]);
}
MODELPORT_CLONES void silu_kernel(const double* x, double* y, int64_t count) {
  for (int64_t i = 0; i < count; ++i) y[i] = x[i] * sigmoid_double(x[i]);
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
