#include "kernels/softmax.h"

#include <algorithm>
#include <vector>

#include "kernels/exponential.h"

namespace modelport {

namespace {

/// Values that belong to one task, and neighbours of the inner axis that are handled together: small enough for the
/// caches, large enough for a thread's while.
constexpr int64_t kTask = 1 << 14;
constexpr int64_t kLanes = 256;

/// One row that is contiguous. The sum is in order.
struct Row {
  template <class Real>
  static MODELPORT_INLINE void run(const Real* x, Real* y, int64_t count) {
    Real largest = x[0];
    for (int64_t i = 1; i < count; ++i) largest = larger(x[i], largest);
    for (int64_t i = 0; i < count; ++i) y[i] = exponential(x[i] - largest);
    Real sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += y[i];
    for (int64_t i = 0; i < count; ++i) y[i] /= sum;
  }
};

/// `lanes` rows side by side, `stride` apart along the axis.
struct Lanes {
  template <class Real>
  static MODELPORT_INLINE void run(const Real* x, Real* y, int64_t count, int64_t stride, int64_t lanes) {
    Real largest[kLanes], sum[kLanes];
    for (int64_t i = 0; i < lanes; ++i) largest[i] = x[i], sum[i] = 0;
    for (int64_t c = 1; c < count; ++c) {
      for (int64_t i = 0; i < lanes; ++i) largest[i] = larger(x[c * stride + i], largest[i]);
    }
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t i = 0; i < lanes; ++i) {
        const Real power = exponential(x[c * stride + i] - largest[i]);
        y[c * stride + i] = power;
        sum[i] += power;
      }
    }
    for (int64_t c = 0; c < count; ++c) {
      for (int64_t i = 0; i < lanes; ++i) y[c * stride + i] /= sum[i];
    }
  }
};

template <class Real>
void softmax_any(int64_t outer, int64_t count, int64_t inner, const Real* x, Real* y, ThreadPool& pool) {
  if (count == 0) return;
  if (inner == 1) {
    const int64_t rows = std::max<int64_t>(1, kTask / count);
    pool.parallel_for((outer + rows - 1) / rows, [&](int64_t task) {
      for (int64_t row = task * rows; row < std::min(outer, (task + 1) * rows); ++row) {
        dispatch<Row>(x + row * count, y + row * count, count);
      }
    });
    return;
  }
  const int64_t groups = (inner + kLanes - 1) / kLanes;
  pool.parallel_for(outer * groups, [&](int64_t task) {
    const int64_t first = task % groups * kLanes, at = task / groups * count * inner + first;
    dispatch<Lanes>(x + at, y + at, count, inner, std::min(kLanes, inner - first));
  });
}

}  // namespace

void softmax(int64_t outer, int64_t count, int64_t inner, const float* x, float* y, ThreadPool& pool) {
  softmax_any(outer, count, inner, x, y, pool);
}
void softmax(int64_t outer, int64_t count, int64_t inner, const double* x, double* y, ThreadPool& pool) {
  softmax_any(outer, count, inner, x, y, pool);
}

}  // namespace modelport
