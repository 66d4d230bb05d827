#include <algorithm>

#include "formats/torchscript/raise/raising.h"

namespace modelport::torchscript {

namespace {

Pads2 even(const Size2& padding) { return {padding[0], padding[1], padding[0], padding[1]}; }

/// The list left, right, top, bottom.
Result<Pads2> uneven(TorchCall& call, size_t index) {
  TRY(pads, call.integers(index));
  if (pads.size() != 4) return call.unsupported("only height and width are padded");
  return Pads2{pads[2], pads[0], pads[3], pads[1]};
}

Result<TorchRaised> padded(TorchCall& call, PadMode mode) {
  CHECK_OK(call.require(2));
  TRY(x, call.tensor(0));
  TRY(pads, uneven(call, 1));
  return TorchRaised{call.builder().pad(x, {pads, mode})};
}

/// Height and width from either the sizes or the scales, of which one is None: floor(in * scale).
Result<std::pair<Dim, Dim>> target(TorchCall& call, ValueId x, size_t sizes, size_t scales) {
  const SymbolicShape in = call.builder().shape(x);
  if (in.size() != 4) return call.unsupported("its operand is no batch of images");
  if (call.is_none(scales)) {
    TRY(given, call.sizes(sizes));
    if (given.size() != 2) return call.unsupported("its sizes are not two");
    return std::pair(given[0], given[1]);
  }
  if (!call.is_none(sizes)) return call.unsupported("it has sizes and scales");
  TRY(factors, call.numbers(scales));
  if (factors.size() != 2) return call.unsupported("its scales are not two");
  const auto scaled = [](const Dim& size, double scale) -> std::optional<Dim> {
    constexpr double kLargest = 1 << 16;
    if (!(scale > 0.0 && scale < kLargest)) return std::nullopt;
    const auto whole = static_cast<int64_t>(scale);
    if (static_cast<double>(whole) == scale) return size * Dim(whole);
    const auto parts = static_cast<int64_t>(std::min(1.0 / scale, kLargest));
    if (1.0 / static_cast<double>(parts) == scale) return floor_div(size, parts);
    return std::nullopt;
  };
  const auto rows = scaled(in[2], factors[0]), columns = scaled(in[3], factors[1]);
  if (!rows || !columns) return call.unsupported("its scales are neither whole numbers nor parts of one");
  return std::pair(*rows, *columns);
}

Result<TorchRaised> conv2d(TorchCall& call) {
  CHECK_OK(call.require(7));
  TRY(x, call.tensor(0));
  TRY(weight, call.tensor(1));
  TRY(bias, call.optional_tensor(2));
  TRY(strides, call.pair(3));
  TRY(padding, call.pair(4));
  TRY(dilations, call.pair(5));
  TRY(groups, call.integer(6));
  return TorchRaised{call.builder().conv(
      x, weight, bias, {.strides = strides, .pads = even(padding), .dilations = dilations, .groups = groups})};
}

Result<TorchRaised> conv_transpose2d(TorchCall& call) {
  CHECK_OK(call.require(8));
  TRY(x, call.tensor(0));
  TRY(weight, call.tensor(1));
  TRY(bias, call.optional_tensor(2));
  TRY(strides, call.pair(3));
  TRY(padding, call.pair(4));
  TRY(output_padding, call.pair(5));
  TRY(groups, call.integer(6));
  TRY(dilations, call.pair(7));
  return TorchRaised{call.builder().conv_transpose(x, weight, bias,
                                                   {.strides = strides,
                                                    .pads = even(padding),
                                                    .dilations = dilations,
                                                    .output_pads = output_padding,
                                                    .groups = groups})};
}

Result<TorchRaised> batch_norm(TorchCall& call) {
  CHECK_OK(call.require(9));
  std::vector<ValueId> operands;
  for (size_t i = 0; i < 5; ++i) {
    TRY(operand, call.tensor(i));
    operands.push_back(operand);
  }
  TRY(training, call.truth(5));
  TRY(epsilon, call.number(7));
  if (training) return call.unsupported("it takes statistics of the batch");
  return TorchRaised{
      call.builder().batch_norm(operands[0], operands[1], operands[2], operands[3], operands[4], epsilon)};
}

Result<TorchRaised> max_pool2d(TorchCall& call) {
  CHECK_OK(call.require(6));
  TRY(x, call.tensor(0));
  TRY(kernel, call.pair(1));
  TRY(strides, call.pair(2));
  TRY(padding, call.pair(3));
  TRY(dilations, call.pair(4));
  TRY(ceil_mode, call.truth(5));
  return TorchRaised{
      call.builder().max_pool(x, {.kernel = kernel,
                                  .strides = strides,
                                  .pads = even(padding),
                                  .dilations = dilations,
                                  .rounding = ceil_mode ? MaxPool::Rounding::kCeil : MaxPool::Rounding::kFloor})};
}

Result<TorchRaised> avg_pool2d(TorchCall& call) {
  CHECK_OK(call.require(7));
  TRY(x, call.tensor(0));
  TRY(kernel, call.pair(1));
  TRY(strides, call.pair(2));
  TRY(padding, call.pair(3));
  TRY(ceil_mode, call.truth(4));
  TRY(counted, call.truth(5));
  if (ceil_mode || !call.is_none(6)) return call.unsupported("ceil_mode and divisor_override are not read");
  return TorchRaised{call.builder().average_pool(
      x, {.kernel = kernel,
          .strides = strides,
          .pads = even(padding),
          .padding = counted ? AveragePool::Padding::kCounted : AveragePool::Padding::kLeftOut})};
}

Result<TorchRaised> constant_pad_nd(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(pads, uneven(call, 1));
  TRY(value, call.number(2));
  return TorchRaised{call.builder().pad(x, {pads, PadMode::kConstant, value})};
}

Result<TorchRaised> reflection_pad2d(TorchCall& call) { return padded(call, PadMode::kReflect); }
Result<TorchRaised> replication_pad2d(TorchCall& call) { return padded(call, PadMode::kEdge); }

Result<TorchRaised> upsample_nearest2d(TorchCall& call) {
  CHECK_OK(call.require(3));
  TRY(x, call.tensor(0));
  TRY(sizes, target(call, x, 1, 2));
  return TorchRaised{
      call.builder().resize(x, {sizes.first, sizes.second, ResizeMode::kNearest, ResizeCoordinates::kAsymmetric})};
}

Result<TorchRaised> upsample_bilinear2d(TorchCall& call) {
  CHECK_OK(call.require(4));
  TRY(x, call.tensor(0));
  TRY(corners, call.truth(2));
  TRY(sizes, target(call, x, 1, 3));
  return TorchRaised{
      call.builder().resize(x, {sizes.first, sizes.second, ResizeMode::kLinear,
                                corners ? ResizeCoordinates::kAlignCorners : ResizeCoordinates::kHalfPixel})};
}

constexpr RaiseRow kConvolutionRows[] = {
    {"torch.conv2d", conv2d},
    {"torch.conv_transpose2d", conv_transpose2d},
    {"torch.batch_norm", batch_norm},
    {"torch.max_pool2d", max_pool2d},
    {"torch.avg_pool2d", avg_pool2d},
    {"torch.constant_pad_nd", constant_pad_nd},
    {"torch.reflection_pad2d", reflection_pad2d},
    {"torch.replication_pad2d", replication_pad2d},
    {"torch.upsample_nearest2d", upsample_nearest2d},
    {"torch.upsample_bilinear2d", upsample_bilinear2d},
};

}  // namespace

std::span<const RaiseRow> convolution_rows() { return kConvolutionRows; }

}  // namespace modelport::torchscript
