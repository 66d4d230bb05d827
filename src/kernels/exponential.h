#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kernels/dispatch.h"

/// Functions of one value without branches, so that loops over them vectorise.
namespace modelport {

template <class Real>
MODELPORT_INLINE Real larger(Real a, Real b) {
  return a > b ? a : b;
}
template <class Real>
MODELPORT_INLINE Real smaller(Real a, Real b) {
  return a < b ? a : b;
}

/// e^x. x = n ln 2 + r with |r| <= ln 2 / 2; e^r by a polynomial of degree 6 (Cephes expf, S. Moshier), scaled by 2^n
/// in two steps so that subnormal results come out right.
MODELPORT_INLINE float exponential(float x) {
  constexpr float kLog2E = 1.44269504088896341f;
  constexpr float kLn2High = 0.693359375f, kLn2Low = -2.12194440e-4f;
  const float clamped = smaller(larger(x, -104.0f), 88.8f);
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
  // NaN stays NaN: the clamp has replaced it.
  return x == x ? result : x;
}

/// The same for doubles: e^r = 1 + 2 r P(r^2) / (Q(r^2) - r P(r^2)) (Cephes exp, S. Moshier). Results below the
/// smallest normal number are that number's size, not zero.
MODELPORT_INLINE double exponential(double x) {
  constexpr double kLog2E = 1.4426950408889634074;
  constexpr double kLn2High = 6.93145751953125e-1, kLn2Low = 1.42860682030941723212e-6;
  const double clamped = smaller(larger(x, -708.0), 709.7);
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

/// Near zero x + x^3 P(x^2), fitted to within 0.1 units in the last place on |x| <= 0.625; beyond, by e^2x.
MODELPORT_INLINE float hyperbolic_tangent(float x) {
  const float square = x * x;
  float p = -5.704978481e-3f;
  p = p * square + 2.063907869e-2f;
  p = p * square - 5.373971164e-2f;
  p = p * square + 1.333144158e-1f;
  p = p * square - 3.333328068e-1f;
  const float near = x + x * square * p;
  const float away = 1.0f - 2.0f / (exponential(2.0f * std::abs(x)) + 1.0f);
  return std::abs(x) <= 0.625f ? near : std::copysign(away, x);
}
MODELPORT_INLINE double hyperbolic_tangent(double x) { return std::tanh(x); }

/// Near zero x + x P(x^2) on |x| <= 0.9375; beyond, 1 - e^Q(|x|), both fitted to within 0.03 units in the last place.
MODELPORT_INLINE float error_function(float x) {
  const float square = x * x;
  float p = 8.267458907e-5f;
  p = p * square - 8.118074620e-4f;
  p = p * square + 5.198829807e-3f;
  p = p * square - 2.685849741e-2f;
  p = p * square + 1.128367931e-1f;
  p = p * square - 3.761263192e-1f;
  p = p * square + 1.283791661e-1f;
  const float near = x + x * p;
  const float t = smaller(std::abs(x), 3.93f);
  float q = 1.939014182e-4f;
  q = q * t - 3.023169935e-3f;
  q = q * t + 2.214667015e-2f;
  q = q * t - 1.037643552e-1f;
  q = q * t - 6.373737454e-1f;
  q = q * t - 1.127561331e+0f;
  q = q * t - 2.234947169e-4f;
  const float away = 1.0f - exponential(q);
  // NaN takes the first branch and stays NaN.
  return std::abs(x) > 0.9375f ? std::copysign(away, x) : near;
}
MODELPORT_INLINE double error_function(double x) { return std::erf(x); }

}  // namespace modelport
