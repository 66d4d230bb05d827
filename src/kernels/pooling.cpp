#include "kernels/pooling.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "kernels/dispatch.h"

namespace modelport {

namespace {

/// y[i] = max(y[i], x[i * step]), where NaN is the largest.
struct RaiseTo {
  template <class Real>
  static MODELPORT_INLINE void run(Real* y, const Real* x, int64_t count, int64_t step) {
    if (step == 1) {
      for (int64_t i = 0; i < count; ++i) y[i] = x[i] > y[i] || x[i] != x[i] ? x[i] : y[i];
    } else {
      for (int64_t i = 0; i < count; ++i) y[i] = x[i * step] > y[i] || x[i * step] != x[i * step] ? x[i * step] : y[i];
    }
  }
};

/// Outputs [first, last) whose tap at `offset` from the window's start lies inside.
struct Inside {
  int64_t first, last;
};
Inside outputs_inside(int64_t in, int64_t out, int64_t stride, int64_t offset) {
  const int64_t first = offset >= 0 ? 0 : (-offset + stride - 1) / stride;
  const int64_t last = offset < in ? (in - 1 - offset) / stride + 1 : 0;
  return {std::min(first, out), std::clamp(last, std::min(first, out), out)};
}

template <class Real>
void pool_plane(const PoolingShape& s, const Real* x, Real* y, std::vector<Real>& rows) {
  rows.assign(static_cast<size_t>(s.in_h * s.out_w), -std::numeric_limits<Real>::infinity());
  for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
    const int64_t offset = kx * s.dilation_w - s.pad_left;
    const Inside inside = outputs_inside(s.in_w, s.out_w, s.stride_w, offset);
    for (int64_t row = 0; row < s.in_h; ++row) {
      dispatch<RaiseTo>(rows.data() + row * s.out_w + inside.first,
                        x + row * s.in_w + inside.first * s.stride_w + offset, inside.last - inside.first, s.stride_w);
    }
  }
  std::fill(y, y + s.out_h * s.out_w, -std::numeric_limits<Real>::infinity());
  for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
    const int64_t offset = ky * s.dilation_h - s.pad_top;
    const Inside inside = outputs_inside(s.in_h, s.out_h, s.stride_h, offset);
    for (int64_t oy = inside.first; oy < inside.last; ++oy) {
      const Real* row = rows.data() + (oy * s.stride_h + offset) * s.out_w;
      dispatch<RaiseTo>(y + oy * s.out_w, row, s.out_w, int64_t{1});
    }
  }
}

template <class Real>
void pool_planes(const PoolingShape& s, const Real* x, Real* y, ThreadPool& pool) {
  pool.parallel_for(s.planes, [&](int64_t plane) {
    thread_local std::vector<Real> rows;
    pool_plane(s, x + plane * s.in_h * s.in_w, y + plane * s.out_h * s.out_w, rows);
  });
}

}  // namespace

void max_pool(const PoolingShape& shape, const float* x, float* y, ThreadPool& pool) { pool_planes(shape, x, y, pool); }
void max_pool(const PoolingShape& shape, const double* x, double* y, ThreadPool& pool) {
  pool_planes(shape, x, y, pool);
}

}  // namespace modelport
