#include "kernels/matmul.h"

#include <cstring>

#include "kernels/blocked_product.h"

namespace modelport {

namespace {

template <class Real>
void product(int64_t m, int64_t n, int64_t k, const Real* a, const Real* b, const Real* row_bias, Real* c,
             ThreadPool& pool) {
  const AlignedBuffer<Real> packed = pack_left(m, k, a);
  const auto fill = [&](int64_t step, int64_t begin, int64_t count, Real* out) {
    std::memcpy(out, b + step * n + begin, static_cast<size_t>(count) * sizeof(Real));
  };
  blocked_product(m, n, k, packed.get(), row_bias, c, n, fill, pool);
}

}  // namespace

void matmul(int64_t m, int64_t n, int64_t k, const float* a, const float* b, const float* row_bias, float* c,
            ThreadPool& pool) {
  product(m, n, k, a, b, row_bias, c, pool);
}
void matmul(int64_t m, int64_t n, int64_t k, const double* a, const double* b, const double* row_bias, double* c,
            ThreadPool& pool) {
  product(m, n, k, a, b, row_bias, c, pool);
}

}  // namespace modelport
