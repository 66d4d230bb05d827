#include <algorithm>
#include <limits>

#include "kernels/thread_pool.h"
#include "ops/op_table.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

/// torch's rule: the last window must start inside the image or its leading padding.
Result<Dim> output_size(const Dim& in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride,
                        MaxPool::Rounding rounding) {
  const Dim span = in + Dim(before + after - dilation * (kernel - 1) - 1);
  if (rounding == MaxPool::Rounding::kFloor || stride == 1) return floor_div(span, stride) + Dim(1);
  const Dim rounded_up = floor_div(span + Dim(stride - 1), stride) + Dim(1);
  if (const auto start = ((rounded_up - Dim(1)) * Dim(stride)).constant(), limit = (in + Dim(before)).constant();
      start && limit) {
    return *start >= *limit ? rounded_up - Dim(1) : rounded_up;
  }
  return fail(ErrorCode::kInconsistentModel, "ceil_mode with stride {} needs fixed image sizes, not {}", stride,
              in.text());
}

Result<std::vector<ValueType>> infer(const Op& op, std::span<const ValueType> inputs) {
  const MaxPool& pool = std::get<MaxPool>(op);
  CHECK_OK(require_rank(inputs[0], 4, "image"));
  ValueType out = inputs[0];
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    if (pool.kernel[axis] < 1 || pool.strides[axis] < 1 || pool.dilations[axis] < 1) {
      return fail(ErrorCode::kInconsistentModel, "kernel, strides and dilations of a pooling must be positive");
    }
    if (std::max(pool.pads[axis], pool.pads[2 + axis]) > pool.dilations[axis] * (pool.kernel[axis] - 1)) {
      return fail(ErrorCode::kInconsistentModel, "padding {} is wider than the window",
                  std::max(pool.pads[axis], pool.pads[2 + axis]));
    }
    TRY(size, output_size(out.shape[2 + axis], pool.pads[axis], pool.pads[2 + axis], pool.kernel[axis],
                          pool.dilations[axis], pool.strides[axis], pool.rounding));
    CHECK_OK(require_at_most(Dim(1), size, "output size of a pooling"));
    out.shape[2 + axis] = size;
  }
  return std::vector{out};
}

template <class Real>
void pool_plane(const MaxPool& pool, const Real* x, int64_t in_h, int64_t in_w, Real* y, int64_t out_h, int64_t out_w) {
  for (int64_t oy = 0; oy < out_h; ++oy) {
    for (int64_t ox = 0; ox < out_w; ++ox) {
      Real largest = -std::numeric_limits<Real>::infinity();
      for (int64_t ky = 0; ky < pool.kernel[0]; ++ky) {
        const int64_t iy = oy * pool.strides[0] - pool.pads[0] + ky * pool.dilations[0];
        if (iy < 0 || iy >= in_h) continue;
        for (int64_t kx = 0; kx < pool.kernel[1]; ++kx) {
          const int64_t ix = ox * pool.strides[1] - pool.pads[1] + kx * pool.dilations[1];
          if (ix < 0 || ix >= in_w) continue;
          const Real value = x[iy * in_w + ix];
          // A NaN wins, as in torch.
          if (value > largest || value != value) largest = value;
        }
      }
      y[oy * out_w + ox] = largest;
    }
  }
}

void evaluate(const Op& op, const Evaluation& e) {
  const MaxPool& pool = std::get<MaxPool>(op);
  const Shape& in = e.in(0).shape;
  const Shape& out = e.out().shape;
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    e.pool.parallel_for(in[0] * in[1], [&](int64_t plane) {
      pool_plane(pool, e.in(0).as<Real>() + plane * in[2] * in[3], in[2], in[3],
                 e.out().as<Real>() + plane * out[2] * out[3], out[2], out[3]);
    });
  });
}

}  // namespace

const OpInfo kMaxPoolInfo = {"MaxPool", 1, 1, infer, evaluate};

}  // namespace modelport
