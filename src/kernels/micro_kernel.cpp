#include "kernels/micro_kernel.h"

#include "kernels/instruction_set.h"

namespace modelport {

namespace {

/// One register block: Rows x Vectors vectors of the type Vector. Always inlined into a function that carries the
/// instruction set's target attribute.
template <int Rows, int Vectors, class Vector, class Real>
__attribute__((always_inline)) inline void block(int64_t k, const Real* a, const Real* b, Real* c, int64_t c_stride,
                                                 const Real* bias, int64_t rows, int64_t columns) {
  constexpr int kWidth = sizeof(Vector) / sizeof(Real);
  constexpr int kColumns = Vectors * kWidth;
  typedef Real Unaligned __attribute__((vector_size(sizeof(Vector)), aligned(sizeof(Real)), may_alias));
  alignas(64) Real edge[Rows * kColumns];
  const bool whole = rows == Rows && columns == kColumns;
  Vector sum[Rows][Vectors];
  if (bias != nullptr) {
    for (int i = 0; i < Rows; ++i) {
      for (int j = 0; j < Vectors; ++j) sum[i][j] = Vector{} + (i < rows ? bias[i] : Real{0});
    }
  } else {
    if (!whole) {
      for (int64_t i = 0; i < rows; ++i) {
        for (int64_t j = 0; j < columns; ++j) edge[i * kColumns + j] = c[i * c_stride + j];
      }
      for (int64_t i = 0; i < Rows; ++i) {
        for (int64_t j = i < rows ? columns : 0; j < kColumns; ++j) edge[i * kColumns + j] = 0;
      }
    }
    const Real* from = whole ? c : edge;
    const int64_t stride = whole ? c_stride : kColumns;
    for (int i = 0; i < Rows; ++i) {
      for (int j = 0; j < Vectors; ++j) sum[i][j] = (Vector) * (const Unaligned*)(from + i * stride + j * kWidth);
    }
  }
  for (int64_t step = 0; step < k; ++step) {
    Vector right[Vectors];
#pragma GCC unroll 8
    for (int j = 0; j < Vectors; ++j) right[j] = (Vector) * (const Unaligned*)(b + step * kColumns + j * kWidth);
#pragma GCC unroll 16
    for (int i = 0; i < Rows; ++i) {
      const Vector left = Vector{} + a[step * Rows + i];
#pragma GCC unroll 8
      for (int j = 0; j < Vectors; ++j) sum[i][j] += left * right[j];
    }
  }
  Real* to = whole ? c : edge;
  const int64_t stride = whole ? c_stride : kColumns;
  for (int i = 0; i < Rows; ++i) {
    for (int j = 0; j < Vectors; ++j) *(Unaligned*)(to + i * stride + j * kWidth) = sum[i][j];
  }
  if (whole) return;
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) c[i * c_stride + j] = edge[i * kColumns + j];
  }
}

typedef float Float4 __attribute__((vector_size(16)));
typedef double Double2 __attribute__((vector_size(16)));

void baseline_float(int64_t k, const float* a, const float* b, float* c, int64_t stride, const float* bias,
                    int64_t rows, int64_t columns) {
  block<4, 2, Float4>(k, a, b, c, stride, bias, rows, columns);
}
void baseline_double(int64_t k, const double* a, const double* b, double* c, int64_t stride, const double* bias,
                     int64_t rows, int64_t columns) {
  block<4, 2, Double2>(k, a, b, c, stride, bias, rows, columns);
}
constexpr MicroKernel<float> kBaselineFloat{4, 8, baseline_float};
constexpr MicroKernel<double> kBaselineDouble{4, 4, baseline_double};

#if defined(__x86_64__)
typedef float Float8 __attribute__((vector_size(32)));
typedef double Double4 __attribute__((vector_size(32)));
typedef float Float16 __attribute__((vector_size(64)));
typedef double Double8 __attribute__((vector_size(64)));

#if defined(__clang__)
#define MODELPORT_TARGET(isa) __attribute__((target(isa)))
#else
#define MODELPORT_TARGET(isa) __attribute__((target(isa), optimize("O3,fp-contract=fast")))
#endif

MODELPORT_TARGET("avx2")
void avx2_unfused_float(int64_t k, const float* a, const float* b, float* c, int64_t stride, const float* bias,
                        int64_t rows, int64_t columns) {
  block<4, 2, Float8>(k, a, b, c, stride, bias, rows, columns);
}
MODELPORT_TARGET("avx2")
void avx2_unfused_double(int64_t k, const double* a, const double* b, double* c, int64_t stride, const double* bias,
                         int64_t rows, int64_t columns) {
  block<4, 2, Double4>(k, a, b, c, stride, bias, rows, columns);
}
MODELPORT_TARGET("avx2,fma")
void avx2_float(int64_t k, const float* a, const float* b, float* c, int64_t stride, const float* bias, int64_t rows,
                int64_t columns) {
  block<4, 3, Float8>(k, a, b, c, stride, bias, rows, columns);
}
MODELPORT_TARGET("avx2,fma")
void avx2_double(int64_t k, const double* a, const double* b, double* c, int64_t stride, const double* bias,
                 int64_t rows, int64_t columns) {
  block<4, 3, Double4>(k, a, b, c, stride, bias, rows, columns);
}
MODELPORT_TARGET("avx512f,avx512vl,avx512bw,fma")
void avx512_float(int64_t k, const float* a, const float* b, float* c, int64_t stride, const float* bias, int64_t rows,
                  int64_t columns) {
  block<8, 3, Float16>(k, a, b, c, stride, bias, rows, columns);
}
MODELPORT_TARGET("avx512f,avx512vl,avx512bw,fma")
void avx512_double(int64_t k, const double* a, const double* b, double* c, int64_t stride, const double* bias,
                   int64_t rows, int64_t columns) {
  block<8, 3, Double8>(k, a, b, c, stride, bias, rows, columns);
}
constexpr MicroKernel<float> kAvx2UnfusedFloat{4, 16, avx2_unfused_float};
constexpr MicroKernel<double> kAvx2UnfusedDouble{4, 8, avx2_unfused_double};
constexpr MicroKernel<float> kAvx2Float{4, 24, avx2_float};
constexpr MicroKernel<double> kAvx2Double{4, 12, avx2_double};
constexpr MicroKernel<float> kAvx512Float{8, 48, avx512_float};
constexpr MicroKernel<double> kAvx512Double{8, 24, avx512_double};
#else
constexpr MicroKernel<float> kAvx2UnfusedFloat = kBaselineFloat, kAvx2Float = kBaselineFloat,
                             kAvx512Float = kBaselineFloat;
constexpr MicroKernel<double> kAvx2UnfusedDouble = kBaselineDouble, kAvx2Double = kBaselineDouble,
                              kAvx512Double = kBaselineDouble;
#endif

}  // namespace

template <>
const MicroKernel<float>& micro_kernel<float>() {
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return kAvx512Float;
    case InstructionSet::kAvx2:
      return kAvx2Float;
    case InstructionSet::kAvx2Unfused:
      return kAvx2UnfusedFloat;
    case InstructionSet::kBaseline:
      break;
  }
  return kBaselineFloat;
}

template <>
const MicroKernel<double>& micro_kernel<double>() {
  switch (instruction_set()) {
    case InstructionSet::kAvx512:
      return kAvx512Double;
    case InstructionSet::kAvx2:
      return kAvx2Double;
    case InstructionSet::kAvx2Unfused:
      return kAvx2UnfusedDouble;
    case InstructionSet::kBaseline:
      break;
  }
  return kBaselineDouble;
}

}  // namespace modelport
