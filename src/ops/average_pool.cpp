#include <algorithm>

#include "kernels/elementwise.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_average_pool(const Op& op, std::span<const ValueType> inputs) {
  const AveragePool& pool = std::get<AveragePool>(op);
  CHECK_OK(require_rank(inputs[0], 4, "image"));
  if (!is_float(inputs[0].dtype)) return fail(ErrorCode::kInconsistentModel, "a mean needs floats");
  ValueType out = inputs[0];
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    const int64_t kernel = pool.kernel[axis];
    if (kernel < 1 || pool.strides[axis] < 1) {
      return fail(ErrorCode::kInconsistentModel, "kernel and strides of a pooling must be positive");
    }
    if (2 * std::max(pool.pads[axis], pool.pads[2 + axis]) > kernel) {
      return fail(ErrorCode::kInconsistentModel, "padding is wider than half the window of {}", kernel);
    }
    Dim& size = out.shape[2 + axis];
    size = floor_div(size + Dim(pool.pads[axis] + pool.pads[2 + axis] - kernel), pool.strides[axis]) + Dim(1);
    CHECK_OK(require_at_most(Dim(1), size, "output size of a pooling"));
  }
  return std::vector{out};
}

/// Pixels [begin, end) of an axis that a window covers.
struct Window {
  int64_t begin, end;
  Window(int64_t at, int64_t stride, int64_t pad, int64_t kernel, int64_t size)
      : begin(std::max<int64_t>(0, at * stride - pad)), end(std::min(size, at * stride - pad + kernel)) {}
};

template <class Real>
void mean(const AveragePool& pool, const Evaluation& e) {
  const Shape& in = e.in(0).shape;
  const Shape& out = e.out().shape;
  const int64_t window = pool.kernel[0] * pool.kernel[1];
  in_pieces(out[0] * out[1] * out[2], e.pool, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) {
      const Real* plane = e.in(0).as<Real>() + row / out[2] * in[2] * in[3];
      const Window rows(row % out[2], pool.strides[0], pool.pads[0], pool.kernel[0], in[2]);
      for (int64_t column = 0; column < out[3]; ++column) {
        const Window columns(column, pool.strides[1], pool.pads[1], pool.kernel[1], in[3]);
        Real sum = 0;
        for (int64_t y = rows.begin; y < rows.end; ++y)
          for (int64_t x = columns.begin; x < columns.end; ++x) sum += plane[y * in[3] + x];
        const int64_t count = pool.padding == AveragePool::Padding::kCounted
                                  ? window
                                  : (rows.end - rows.begin) * (columns.end - columns.begin);
        e.out().as<Real>()[row * out[3] + column] = sum / static_cast<Real>(count);
      }
    }
  });
}

void evaluate_average_pool(const Op& op, const Evaluation& e) {
  with_real(e.precision, [&](auto real) { mean<decltype(real)>(std::get<AveragePool>(op), e); });
}

}  // namespace

const OpInfo AveragePool::kInfo = {1, 1, infer_average_pool, evaluate_average_pool};

}  // namespace modelport
