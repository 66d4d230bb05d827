#include "kernels/elementwise.h"

#include <algorithm>

#include "kernels/exponential.h"

namespace modelport {

namespace {

struct Exponential {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return exponential(x);
  }
};
struct Logistic {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return Real{1} / (Real{1} + exponential(-x));
  }
};
struct SiluFunction {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return x * Logistic::of(x);
  }
};
struct HyperbolicTangent {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return hyperbolic_tangent(x);
  }
};
struct ErrorFunction {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return error_function(x);
  }
};
struct GeluByErf {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    return Real{0.5} * x * (Real{1} + error_function(x * static_cast<Real>(0.70710678118654752440)));
  }
};
struct GeluByTanh {
  template <class Real>
  static MODELPORT_INLINE Real of(Real x) {
    const Real inner = static_cast<Real>(0.79788456080286535588) * (x + static_cast<Real>(0.044715) * x * x * x);
    return Real{0.5} * x * (Real{1} + hyperbolic_tangent(inner));
  }
};

template <class Function>
struct Map {
  template <class Real>
  static MODELPORT_INLINE void run(const Real* x, Real* y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = Function::of(x[i]);
  }
};
struct Sum {
  template <class Real>
  static MODELPORT_INLINE void run(const Real* a, const Real* b, Real* y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = a[i] + b[i];
  }
};
struct Product {
  template <class Real>
  static MODELPORT_INLINE void run(const Real* a, const Real* b, Real* y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) y[i] = a[i] * b[i];
  }
};

constexpr int64_t kPiece = 1 << 15;

}  // namespace

void exp_kernel(const float* x, float* y, int64_t count) { dispatch<Map<Exponential>>(x, y, count); }
void exp_kernel(const double* x, double* y, int64_t count) { dispatch<Map<Exponential>>(x, y, count); }
void sigmoid_kernel(const float* x, float* y, int64_t count) { dispatch<Map<Logistic>>(x, y, count); }
void sigmoid_kernel(const double* x, double* y, int64_t count) { dispatch<Map<Logistic>>(x, y, count); }
void silu_kernel(const float* x, float* y, int64_t count) { dispatch<Map<SiluFunction>>(x, y, count); }
void silu_kernel(const double* x, double* y, int64_t count) { dispatch<Map<SiluFunction>>(x, y, count); }
void tanh_kernel(const float* x, float* y, int64_t count) { dispatch<Map<HyperbolicTangent>>(x, y, count); }
void tanh_kernel(const double* x, double* y, int64_t count) { dispatch<Map<HyperbolicTangent>>(x, y, count); }
void erf_kernel(const float* x, float* y, int64_t count) { dispatch<Map<ErrorFunction>>(x, y, count); }
void erf_kernel(const double* x, double* y, int64_t count) { dispatch<Map<ErrorFunction>>(x, y, count); }
void gelu_erf_kernel(const float* x, float* y, int64_t count) { dispatch<Map<GeluByErf>>(x, y, count); }
void gelu_erf_kernel(const double* x, double* y, int64_t count) { dispatch<Map<GeluByErf>>(x, y, count); }
void gelu_tanh_kernel(const float* x, float* y, int64_t count) { dispatch<Map<GeluByTanh>>(x, y, count); }
void gelu_tanh_kernel(const double* x, double* y, int64_t count) { dispatch<Map<GeluByTanh>>(x, y, count); }

void add_kernel(const float* a, const float* b, float* y, int64_t count) { dispatch<Sum>(a, b, y, count); }
void add_kernel(const double* a, const double* b, double* y, int64_t count) { dispatch<Sum>(a, b, y, count); }
void mul_kernel(const float* a, const float* b, float* y, int64_t count) { dispatch<Product>(a, b, y, count); }
void mul_kernel(const double* a, const double* b, double* y, int64_t count) { dispatch<Product>(a, b, y, count); }

void in_pieces(int64_t count, ThreadPool& pool, const std::function<void(int64_t, int64_t)>& body) {
  const int64_t pieces = (count + kPiece - 1) / kPiece;
  pool.parallel_for(pieces, [&](int64_t piece) { body(piece * kPiece, std::min(count, (piece + 1) * kPiece)); });
}

}  // namespace modelport
