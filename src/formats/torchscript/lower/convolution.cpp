#include <limits>

#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

namespace {

using E = TorchExpression;

E pair(const Size2& sizes) { return E::integers({sizes[0], sizes[1]}); }

bool is_symmetric(const Pads2& pads) { return pads[0] == pads[2] && pads[1] == pads[3]; }

/// Pads in torch's order: left, right, top, bottom.
E torch_pads(const Pads2& pads) { return E::integers({pads[1], pads[3], pads[0], pads[2]}); }

/// An operand and what is left for the operator itself to pad, evenly; uneven padding becomes a statement of its own.
struct Padded {
  E x;
  E padding;
};
enum class OwnPadding { kAny, kUpToHalfTheKernel };
Padded padded(const Node& node, Lowering& to, const Pads2& pads, double value, OwnPadding own = OwnPadding::kAny,
              const Size2& kernel = {}) {
  const E x = to.value(node.inputs[0]);
  const bool fits = own == OwnPadding::kAny || (2 * pads[0] <= kernel[0] && 2 * pads[1] <= kernel[1]);
  if (is_symmetric(pads) && fits) return {x, E::integers({pads[0], pads[1]})};
  return {to.inner("torch.constant_pad_nd", {x, torch_pads(pads), E::real(value)}), E::integers({0, 0})};
}

/// `out` as a multiple of `in` that is a power of two; nothing for any other.
std::optional<double> power_of_two_scale(const Dim& in, const Dim& out) {
  for (const int64_t factor : {1, 2, 4, 8, 16, 32}) {
    if (out == in * Dim(factor)) return static_cast<double>(factor);
    if (in == out * Dim(factor)) return 1.0 / static_cast<double>(factor);
  }
  return std::nullopt;
}

}  // namespace

template <>
Status emit<Conv>(const Node& node, Lowering& to) {
  const auto& conv = std::get<Conv>(node.op);
  const auto [x, padding] = padded(node, to, conv.pads, 0.0);
  const E weight = to.value(node.inputs[1], "weight");
  const E bias = node.inputs.size() > 2 ? to.value(node.inputs[2], "bias") : E::none();
  to.node(node, "torch.conv2d",
          {x, weight, bias, pair(conv.strides), padding, pair(conv.dilations), E::of(conv.groups)});
  return {};
}

template <>
Status emit<ConvTranspose>(const Node& node, Lowering& to) {
  const auto& conv = std::get<ConvTranspose>(node.op);
  if (!is_symmetric(conv.pads))
    return fail(ErrorCode::kInvalidArgument, "ConvTranspose with uneven pads has no form in torch").in(node.path);
  const E x = to.value(node.inputs[0]), weight = to.value(node.inputs[1], "weight");
  const E bias = node.inputs.size() > 2 ? to.value(node.inputs[2], "bias") : E::none();
  to.node(node, "torch.conv_transpose2d",
          {x, weight, bias, pair(conv.strides), E::integers({conv.pads[0], conv.pads[1]}), pair(conv.output_pads),
           E::of(conv.groups), pair(conv.dilations)});
  return {};
}

template <>
Status emit<BatchNorm>(const Node& node, Lowering& to) {
  const E x = to.value(node.inputs[0]), weight = to.value(node.inputs[1], "weight"),
          bias = to.value(node.inputs[2], "bias"), mean = to.value(node.inputs[3], "running_mean"),
          variance = to.value(node.inputs[4], "running_var");
  to.node(node, "torch.batch_norm",
          {x, weight, bias, mean, variance, E::truth(false), E::real(0.0),
           E::real(std::get<BatchNorm>(node.op).epsilon), E::truth(true)});
  return {};
}

template <>
Status emit<MaxPool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<MaxPool>(node.op);
  const auto [x, padding] = padded(node, to, pool.pads, -std::numeric_limits<double>::infinity(),
                                   OwnPadding::kUpToHalfTheKernel, pool.kernel);
  to.node(node, "torch.max_pool2d",
          {x, pair(pool.kernel), pair(pool.strides), padding, pair(pool.dilations),
           E::truth(pool.rounding == MaxPool::Rounding::kCeil)});
  return {};
}

template <>
Status emit<AveragePool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<AveragePool>(node.op);
  const bool counted = pool.padding == AveragePool::Padding::kCounted;
  if (!counted && !is_symmetric(pool.pads)) {
    return fail(ErrorCode::kInvalidArgument, "AveragePool that leaves out uneven padding has no form in torch")
        .in(node.path);
  }
  const auto [x, padding] = padded(node, to, pool.pads, 0.0, OwnPadding::kUpToHalfTheKernel, pool.kernel);
  to.node(node, "torch.avg_pool2d",
          {x, pair(pool.kernel), pair(pool.strides), padding, E::truth(false), E::truth(counted), E::none()});
  return {};
}

template <>
Status emit<Pad>(const Node& node, Lowering& to) {
  const auto& pad = std::get<Pad>(node.op);
  const E x = to.value(node.inputs[0]), pads = torch_pads(pad.pads);
  switch (pad.mode) {
    case PadMode::kConstant:
      to.node(node, "torch.constant_pad_nd", {x, pads, E::real(pad.value)});
      break;
    case PadMode::kReflect:
      to.node(node, "torch.reflection_pad2d", {x, pads});
      break;
    case PadMode::kEdge:
      to.node(node, "torch.replication_pad2d", {x, pads});
      break;
  }
  return {};
}

template <>
Status emit<Resize>(const Node& node, Lowering& to) {
  const auto& resize = std::get<Resize>(node.op);
  const SymbolicShape& in = to.shape(node.inputs[0]);
  const bool nearest = resize.mode == ResizeMode::kNearest;
  const bool corners = resize.coordinates == ResizeCoordinates::kAlignCorners;
  if (nearest ? resize.coordinates != ResizeCoordinates::kAsymmetric
              : resize.coordinates == ResizeCoordinates::kAsymmetric) {
    return fail(ErrorCode::kInvalidArgument, "Resize with these coordinates has no form in torch").in(node.path);
  }
  E sizes = E::none(), scales = E::none();
  const auto rows = power_of_two_scale(in[2], resize.height), columns = power_of_two_scale(in[3], resize.width);
  if (rows && columns && !corners) {
    scales = E::list({E::real(*rows), E::real(*columns)});
  } else {
    TRY(target, to.sizes({resize.height, resize.width}));
    sizes = std::move(target);
  }
  std::vector<E> arguments{to.value(node.inputs[0]), sizes};
  if (!nearest) arguments.push_back(E::truth(corners));
  arguments.push_back(scales);
  to.node(node, nearest ? "torch.upsample_nearest2d" : "torch.upsample_bilinear2d", std::move(arguments));
  return {};
}

}  // namespace modelport::torchscript
