#include "kernels/convolution.h"

#include "ops/op_info.h"
#include "ops/type_rules.h"

namespace modelport {

namespace {

/// floor((in + before + after - dilation (kernel - 1) - 1) / stride) + 1.
Dim output_size(const Dim& in, int64_t before, int64_t after, int64_t kernel, int64_t dilation, int64_t stride) {
  return floor_div(in + Dim(before + after - dilation * (kernel - 1) - 1), stride) + Dim(1);
}

Result<std::vector<ValueType>> infer_conv(const Op& op, std::span<const ValueType> inputs) {
  const Conv& conv = std::get<Conv>(op);
  const ValueType& x = inputs[0];
  const ValueType& weight = inputs[1];
  CHECK_OK(require_rank(x, 4, "image"));
  CHECK_OK(require_rank(weight, 4, "weight"));
  CHECK_OK(require_same_dtype(x.dtype, weight.dtype, "dtype of image and weight"));
  const auto kernel_h = weight.shape[2].constant(), kernel_w = weight.shape[3].constant(),
             out_channels = weight.shape[0].constant();
  if (!kernel_h || !kernel_w || !out_channels || *kernel_h < 1 || *kernel_w < 1 || *out_channels < 1) {
    return fail(ErrorCode::kInconsistentModel, "weight {} needs fixed, positive sizes", shape_text(weight.shape));
  }
  if (conv.groups < 1 || *out_channels % conv.groups != 0 || conv.strides[0] < 1 || conv.strides[1] < 1 ||
      conv.dilations[0] < 1 || conv.dilations[1] < 1) {
    return fail(ErrorCode::kInconsistentModel,
                "{} groups, strides {}x{} or dilations {}x{} do not fit {} output channels", conv.groups,
                conv.strides[0], conv.strides[1], conv.dilations[0], conv.dilations[1], *out_channels);
  }
  CHECK_OK(require_same_size(x.shape[1], weight.shape[1] * Dim(conv.groups),
                             "channels of the image and of the weight times groups"));
  if (inputs.size() == 3) {
    CHECK_OK(require_rank(inputs[2], 1, "bias"));
    CHECK_OK(require_same_size(inputs[2].shape[0], weight.shape[0], "size of the bias and output channels"));
    CHECK_OK(require_same_dtype(x.dtype, inputs[2].dtype, "dtype of image and bias"));
  }
  ValueType out{x.dtype, {x.shape[0], weight.shape[0]}};
  for (const size_t axis : {size_t{0}, size_t{1}}) {
    out.shape.push_back(output_size(x.shape[2 + axis], conv.pads[axis], conv.pads[2 + axis],
                                    axis == 0 ? *kernel_h : *kernel_w, conv.dilations[axis], conv.strides[axis]));
    CHECK_OK(require_at_most(Dim(1), out.shape.back(), "output size of a convolution"));
  }
  return std::vector{out};
}

void evaluate_conv(const Op& op, const Evaluation& e) {
  const Conv& conv = std::get<Conv>(op);
  const Shape& x = e.in(0).shape;
  const Shape& weight = e.in(1).shape;
  const Shape& y = e.out().shape;
  ConvolutionShape shape;
  shape.batch = x[0];
  shape.in_channels = x[1];
  shape.in_h = x[2];
  shape.in_w = x[3];
  shape.out_channels = y[1];
  shape.out_h = y[2];
  shape.out_w = y[3];
  shape.kernel_h = weight[2];
  shape.kernel_w = weight[3];
  shape.stride_h = conv.strides[0];
  shape.stride_w = conv.strides[1];
  shape.pad_top = conv.pads[0];
  shape.pad_left = conv.pads[1];
  shape.dilation_h = conv.dilations[0];
  shape.dilation_w = conv.dilations[1];
  shape.groups = conv.groups;
  with_real(e.precision, [&](auto real) {
    using Real = decltype(real);
    const Real* bias = e.inputs.size() == 3 ? e.in(2).as<Real>() : nullptr;
    convolve(shape, e.in(0).as<Real>(), e.in(1).as<Real>(), bias, e.out().as<Real>(), e.pool);
  });
}

}  // namespace

const OpInfo Conv::kInfo = {2, 3, infer_conv, evaluate_conv};

}  // namespace modelport
