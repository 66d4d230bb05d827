#include <algorithm>
#include <vector>

#include "kernels/matmul.h"
#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

Result<std::vector<ValueType>> infer_conv_transpose(const Op& op, std::span<const ValueType> inputs) {
  const ConvTranspose& conv = std::get<ConvTranspose>(op);
  const ValueType& x = inputs[0];
  const ValueType& weight = inputs[1];
  CHECK_OK(require_rank(x, 4, "image"));
  CHECK_OK(require_rank(weight, 4, "weight"));
  CHECK_OK(require_same_dtype(x.dtype, weight.dtype, "dtype of image and weight"));
  CHECK_OK(require_same_size(x.shape[1], weight.shape[0], "channels of the image and of the weight"));
  const auto in_channels = weight.shape[0].constant(), per_group = weight.shape[1].constant();
  if (!in_channels || !per_group || conv.groups < 1 || *in_channels % conv.groups != 0) {
    return fail(ErrorCode::kInconsistentModel, "{} groups do not fit weight {}", conv.groups, shape_text(weight.shape));
  }
  ValueType out{x.dtype, {x.shape[0], Dim(*per_group * conv.groups)}};
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    const auto kernel = weight.shape[2 + axis].constant();
    if (!kernel || *kernel < 1 || conv.strides[axis] < 1 || conv.dilations[axis] < 1 || conv.output_pads[axis] < 0 ||
        conv.output_pads[axis] >= std::max(conv.strides[axis], conv.dilations[axis])) {
      return fail(ErrorCode::kInconsistentModel, "strides, dilations or output padding of a transposed convolution");
    }
    const int64_t added = conv.dilations[axis] * (*kernel - 1) + 1 + conv.output_pads[axis] - conv.pads[axis] -
                          conv.pads[2 + axis] - conv.strides[axis];
    out.shape.push_back(x.shape[2 + axis] * Dim(conv.strides[axis]) + Dim(added));
    CHECK_OK(require_at_most(Dim(1), out.shape.back(), "output size of a transposed convolution"));
  }
  if (inputs.size() == 3) {
    CHECK_OK(require_rank(inputs[2], 1, "bias"));
    CHECK_OK(require_same_size(inputs[2].shape[0], out.shape[1], "size of the bias and output channels"));
    CHECK_OK(require_same_dtype(x.dtype, inputs[2].dtype, "dtype of image and bias"));
  }
  return std::vector{out};
}

/// Each input pixel spreads a window of weights over the output: the windows of all pixels are one matrix product, then
/// they are added where they lie.
template <class Real>
void spread(const ConvTranspose& conv, const Evaluation& e) {
  const Shape& x = e.in(0).shape;
  const Shape& weight = e.in(1).shape;
  const Shape& y = e.out().shape;
  const int64_t pixels = x[2] * x[3], in_channels = x[1] / conv.groups, window = weight[2] * weight[3];
  const int64_t rows = weight[1] * window;
  std::vector<Real> transposed(static_cast<size_t>(rows * in_channels)), windows(static_cast<size_t>(rows * pixels));
  for (int64_t channel = 0; channel < y[0] * y[1]; ++channel) {
    Real* plane = e.out().as<Real>() + channel * y[2] * y[3];
    std::fill_n(plane, y[2] * y[3], e.inputs.size() == 3 ? e.in(2).as<Real>()[channel % y[1]] : Real(0));
  }
  for (int64_t group = 0; group < conv.groups; ++group) {
    const Real* from = e.in(1).as<Real>() + group * in_channels * rows;
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t c = 0; c < in_channels; ++c)
        transposed[static_cast<size_t>(row * in_channels + c)] = from[c * rows + row];
    for (int64_t image = 0; image < x[0]; ++image) {
      matmul(rows, pixels, in_channels, transposed.data(),
             e.in(0).as<Real>() + (image * x[1] + group * in_channels) * pixels, nullptr, windows.data(), e.pool);
      for (int64_t row = 0; row < rows; ++row) {
        const int64_t channel = row / window, kernel_y = row % window / weight[3], kernel_x = row % weight[3];
        Real* plane = e.out().as<Real>() + (image * y[1] + group * weight[1] + channel) * y[2] * y[3];
        for (int64_t pixel = 0; pixel < pixels; ++pixel) {
          const int64_t at_y = pixel / x[3] * conv.strides[0] - conv.pads[0] + kernel_y * conv.dilations[0];
          const int64_t at_x = pixel % x[3] * conv.strides[1] - conv.pads[1] + kernel_x * conv.dilations[1];
          if (at_y >= 0 && at_y < y[2] && at_x >= 0 && at_x < y[3])
            plane[at_y * y[3] + at_x] += windows[static_cast<size_t>(row * pixels + pixel)];
        }
      }
    }
  }
}

void evaluate_conv_transpose(const Op& op, const Evaluation& e) {
  with_real(e.precision, [&](auto real) { spread<decltype(real)>(std::get<ConvTranspose>(op), e); });
}

}  // namespace

const OpInfo ConvTranspose::kInfo = {2, 3, infer_conv_transpose, evaluate_conv_transpose};

}  // namespace modelport
