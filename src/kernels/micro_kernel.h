#pragma once

#include <cstdint>

namespace modelport {

/// The innermost block of a matrix product, for one instruction set: C[rows, columns] (+)= A B, where A is packed as
/// [k][block_rows] and B as [k][block_columns]. `bias` (one per row) starts the sum when not null; otherwise C is
/// continued. Only the first `rows` x `columns` of C are touched.
template <class Real>
struct MicroKernel {
  int64_t block_rows;
  int64_t block_columns;
  void (*run)(int64_t k, const Real* a, const Real* b, Real* c, int64_t c_stride, const Real* bias, int64_t rows,
              int64_t columns);
};

/// The widest of any instruction set, for stack buffers.
inline constexpr int64_t kMaxBlockRows = 8;
inline constexpr int64_t kMaxBlockColumns = 48;

/// The kernel of the instruction set in use.
template <class Real>
const MicroKernel<Real>& micro_kernel();
template <>
const MicroKernel<float>& micro_kernel<float>();
template <>
const MicroKernel<double>& micro_kernel<double>();

}  // namespace modelport
