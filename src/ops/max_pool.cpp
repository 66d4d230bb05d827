#include "kernels/pooling.h"

#include <algorithm>

#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

/// torch's rule: the last window must start inside the image or its leading padding.
Result<Dim> output_size(const Dim& in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride,
                        MaxPool::Rounding rounding) {
  const Dim span = in + Dim(before + after - dilation * (kernel - 1) - 1);
  if (rounding == MaxPool::Rounding::kFloor || stride == 1) return floor_div(span, stride) + Dim(1);
  const Dim rounded_up = floor_div(span + Dim(stride - 1), stride) + Dim(1);
  // Such windows reach beyond the padding by less than they would have to for starting there.
  if (stride + after <= dilation * (kernel - 1) + 1) return rounded_up;
  if (const auto start = ((rounded_up - Dim(1)) * Dim(stride)).constant(), limit = (in + Dim(before)).constant();
      start && limit) {
    return *start >= *limit ? rounded_up - Dim(1) : rounded_up;
  }
  return fail(ErrorCode::kInconsistentModel, "ceil_mode with stride {} needs fixed image sizes, not {}", stride,
              in.text());
}

Result<std::vector<ValueType>> infer_max_pool(const Op& op, std::span<const ValueType> inputs) {
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

void evaluate_max_pool(const Op& op, const Evaluation& e) {
  const MaxPool& pool = std::get<MaxPool>(op);
  const Shape& in = e.in(0).shape;
  const Shape& out = e.out().shape;
  PoolingShape shape;
  shape.planes = in[0] * in[1];
  shape.in_h = in[2];
  shape.in_w = in[3];
  shape.out_h = out[2];
  shape.out_w = out[3];
  shape.kernel_h = pool.kernel[0];
  shape.kernel_w = pool.kernel[1];
  shape.stride_h = pool.strides[0];
  shape.stride_w = pool.strides[1];
  shape.pad_top = pool.pads[0];
  shape.pad_left = pool.pads[1];
  shape.dilation_h = pool.dilations[0];
  shape.dilation_w = pool.dilations[1];
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    max_pool(shape, e.in(0).as<Real>(), e.out().as<Real>(), e.pool);
  });
}

}  // namespace

const OpInfo MaxPool::kInfo = {1, 1, infer_max_pool, evaluate_max_pool};

}  // namespace modelport
