#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#include "kernels/micro_kernel.h"
#include "kernels/thread_pool.h"

namespace modelport {

/// Uninitialised memory aligned for vectors.
template <class T>
class AlignedBuffer {
 public:
  explicit AlignedBuffer(int64_t count)
      : memory_(static_cast<T*>(std::aligned_alloc(64, (static_cast<size_t>(count) * sizeof(T) + 127) / 64 * 64))) {
    if (memory_ == nullptr) throw std::bad_alloc();
  }
  T* get() const { return memory_.get(); }

 private:
  struct Free {
    void operator()(T* p) const { std::free(p); }
  };
  std::unique_ptr<T, Free> memory_;
};

/// A [m, k] row-major, repacked as blocks of block_rows rows, [k][block_rows] each, zeros beyond m.
template <class Real>
AlignedBuffer<Real> pack_left(int64_t m, int64_t k, const Real* a) {
  const int64_t block = micro_kernel<Real>().block_rows;
  const int64_t blocks = (m + block - 1) / block;
  AlignedBuffer<Real> packed(blocks * block * k);
  for (int64_t index = 0; index < blocks; ++index) {
    Real* to = packed.get() + index * block * k;
    const int64_t rows = std::min(block, m - index * block);
    for (int64_t row = 0; row < block; ++row) {
      const Real* from = a + (index * block + row) * k;
      for (int64_t step = 0; step < k; ++step) to[step * block + row] = row < rows ? from[step] : Real{0};
    }
  }
  return packed;
}

/// C [m, n] = A B + bias, where A comes packed and row `step` of B, columns [begin, begin + count), is produced by
/// fill(step, begin, count, out). `c_stride` separates rows of C. Accumulates over k in order, in slices that keep a
/// panel of B in the first-level cache.
template <class Real, class Fill>
void blocked_product(int64_t m, int64_t n, int64_t k, const Real* packed_a, const Real* bias, Real* c, int64_t c_stride,
                     const Fill& fill, ThreadPool& pool) {
  constexpr int64_t kSlice = 288;
  constexpr int64_t kTiles = 4;
  const MicroKernel<Real>& kernel = micro_kernel<Real>();
  const int64_t rows_per_block = kernel.block_rows, columns_per_tile = kernel.block_columns;
  const int64_t panel = columns_per_tile * kTiles;
  const int64_t row_blocks = (m + rows_per_block - 1) / rows_per_block;
  pool.parallel_for((n + panel - 1) / panel, [&](int64_t panel_index) {
    thread_local AlignedBuffer<Real> buffer(kSlice * kMaxBlockColumns * kTiles);
    alignas(64) Real row[kMaxBlockColumns * kTiles];
    Real zeros[kMaxBlockRows] = {};
    Real block_bias[kMaxBlockRows] = {};
    const int64_t begin = panel_index * panel, count = std::min(panel, n - begin);
    const int64_t tiles = (count + columns_per_tile - 1) / columns_per_tile;
    for (int64_t k0 = 0; k0 < k; k0 += kSlice) {
      const int64_t depth = std::min(kSlice, k - k0);
      for (int64_t step = 0; step < depth; ++step) {
        fill(k0 + step, begin, count, row);
        std::fill(row + count, row + tiles * columns_per_tile, Real{0});
        for (int64_t tile = 0; tile < tiles; ++tile) {
          std::memcpy(buffer.get() + (tile * depth + step) * columns_per_tile, row + tile * columns_per_tile,
                      static_cast<size_t>(columns_per_tile) * sizeof(Real));
        }
      }
      for (int64_t tile = 0; tile < tiles; ++tile) {
        const int64_t column = begin + tile * columns_per_tile;
        const int64_t columns = std::min(columns_per_tile, n - column);
        for (int64_t block = 0; block < row_blocks; ++block) {
          const int64_t first_row = block * rows_per_block, rows = std::min(rows_per_block, m - first_row);
          const Real* start = nullptr;
          if (k0 == 0) {
            start = zeros;
            if (bias != nullptr) {
              std::copy(bias + first_row, bias + first_row + rows, block_bias);
              start = block_bias;
            }
          }
          kernel.run(depth, packed_a + (block * k + k0) * rows_per_block,
                     buffer.get() + tile * depth * columns_per_tile, c + first_row * c_stride + column, c_stride, start,
                     rows, columns);
        }
      }
    }
  });
}

}  // namespace modelport
