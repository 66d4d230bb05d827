#include <algorithm>

#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

namespace {

std::vector<int64_t> ints(const Size2& size) { return {size.begin(), size.end()}; }
std::vector<int64_t> ints(const Pads2& pads) { return {pads.begin(), pads.end()}; }

/// `out` as a multiple of `in` that float32 holds exactly: 2, 0.5, 1.25.
std::optional<float> exact_scale(const Dim& in, const Dim& out) {
  if (const auto from = in.constant(), to = out.constant(); from && to) {
    const float scale = static_cast<float>(*to) / static_cast<float>(*from);
    return static_cast<double>(scale) * static_cast<double>(*from) == static_cast<double>(*to) ? std::optional(scale)
                                                                                               : std::nullopt;
  }
  for (const int64_t factor : {1, 2, 4, 8, 16, 32}) {
    if (out == in * Dim(factor)) return static_cast<float>(factor);
    if (in == out * Dim(factor)) return 1.0F / static_cast<float>(factor);
  }
  return std::nullopt;
}

/// A value of `shape` that is `fill` everywhere.
Result<std::string> filled(const SymbolicShape& shape, double fill, DType dtype, Lowering& to) {
  Shape fixed;
  for (const Dim& size : shape) fixed.push_back(size.constant().value_or(-1));
  if (std::ranges::find(fixed, -1) != fixed.end()) {
    TRY(sizes, to.sizes().list(shape));
    return to.inner(OnnxOpType::kExpand, {to.scalar(fill, dtype), std::move(sizes)});
  }
  const std::vector<double> values(static_cast<size_t>(*element_count(fixed)), fill);
  return to.initializer("padding", WeightRecipe::source(Tensor::from_doubles(fixed, values), "padding").convert(dtype));
}

/// Columns, then rows of the padding's value beside the operand.
Status pad_by_concat(const Node& node, const Pad& pad, Lowering& to) {
  std::string x = to.name(node.inputs[0]);
  SymbolicShape shape = to.shape(node.inputs[0]);
  const DType dtype = to.type(node.inputs[0]).dtype;
  const bool rows = pad.pads[0] != 0 || pad.pads[2] != 0;
  for (const size_t axis : {size_t{3}, size_t{2}}) {
    const int64_t before = pad.pads[axis == 2 ? 0 : 1], after = pad.pads[axis == 2 ? 2 : 3];
    const bool last = axis == 2 || !rows;
    if (before == 0 && after == 0 && !last) continue;
    std::vector<std::string> parts;
    const auto add = [&](int64_t size) -> Status {
      if (size == 0) return {};
      SymbolicShape strip = shape;
      strip[axis] = Dim(size);
      TRY(part, filled(strip, pad.value, dtype, to));
      parts.push_back(std::move(part));
      return {};
    };
    CHECK_OK(add(before));
    parts.push_back(std::move(x));
    CHECK_OK(add(after));
    const std::vector<OnnxAttribute> attributes = {{"axis", static_cast<int64_t>(axis)}};
    if (last) {
      to.node(node, OnnxOpType::kConcat, std::move(parts), attributes);
      return {};
    }
    x = to.inner(OnnxOpType::kConcat, std::move(parts), attributes);
    shape[axis] = shape[axis] + Dim(before + after);
  }
  return {};
}

/// ONNX Runtime 1.20 to 1.31 and onnxsim make one MaxPool of such a Pad and its MaxPool, whose own padding never wins:
/// what is below zero at the border comes out otherwise.
bool is_before_max_pool(const Node& node, const Lowering& to) {
  return std::ranges::any_of(to.users(node.outputs[0]),
                             [&](NodeId user) { return std::holds_alternative<MaxPool>(to.graph()[user].op); });
}

}  // namespace

template <>
Status emit<Conv>(const Node& node, Lowering& to) {
  const auto& conv = std::get<Conv>(node.op);
  const SymbolicShape& weight = to.shape(node.inputs[1]);
  std::vector<std::string> inputs{to.name(node.inputs[0]), to.name(node.inputs[1], "weight")};
  if (node.inputs.size() > 2) inputs.push_back(to.name(node.inputs[2], "bias"));
  to.node(node, OnnxOpType::kConv, std::move(inputs),
          {{"dilations", ints(conv.dilations)},
           {"group", conv.groups},
           {"kernel_shape", std::vector{*weight[2].constant(), *weight[3].constant()}},
           {"pads", ints(conv.pads)},
           {"strides", ints(conv.strides)}});
  return {};
}

template <>
Status emit<BatchNorm>(const Node& node, Lowering& to) {
  std::vector<std::string> inputs{to.name(node.inputs[0]), to.name(node.inputs[1], "weight"),
                                  to.name(node.inputs[2], "bias"), to.name(node.inputs[3], "running_mean"),
                                  to.name(node.inputs[4], "running_var")};
  to.node(node, OnnxOpType::kBatchNormalization, std::move(inputs),
          {{"epsilon", static_cast<float>(std::get<BatchNorm>(node.op).epsilon)}});
  return {};
}

template <>
Status emit<MaxPool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<MaxPool>(node.op);
  // Before opset 22 ONNX's ceil_mode also starts windows in the trailing padding; torch's does not. Wider trailing
  // padding with floor gives torch's sizes.
  Pads2 pads = pool.pads;
  for (size_t axis = 0; axis < 2 && pool.rounding == MaxPool::Rounding::kCeil; ++axis) {
    const auto in = to.shape(node.inputs[0])[2 + axis].constant();
    const auto out = to.shape(node.outputs[0])[2 + axis].constant();
    if (!in || !out) {
      Error error = fail(ErrorCode::kInvalidArgument, "MaxPool with ceil_mode needs fixed image sizes in ONNX");
      error.hint = "leave dynamic_axes out, or set it to \"batch\"";
      return std::move(error).in(node.path);
    }
    const int64_t reach = (*out - 1) * pool.strides[axis] + pool.dilations[axis] * (pool.kernel[axis] - 1) + 1;
    pads[2 + axis] = std::max(pads[2 + axis], reach - *in - pads[axis]);
  }
  to.node(node, OnnxOpType::kMaxPool, to.names(node.inputs),
          {{"dilations", ints(pool.dilations)},
           {"kernel_shape", ints(pool.kernel)},
           {"pads", ints(pads)},
           {"strides", ints(pool.strides)}});
  return {};
}

template <>
Status emit<ConvTranspose>(const Node& node, Lowering& to) {
  const auto& conv = std::get<ConvTranspose>(node.op);
  const SymbolicShape& weight = to.shape(node.inputs[1]);
  std::vector<std::string> inputs{to.name(node.inputs[0]), to.name(node.inputs[1], "weight")};
  if (node.inputs.size() > 2) inputs.push_back(to.name(node.inputs[2], "bias"));
  to.node(node, OnnxOpType::kConvTranspose, std::move(inputs),
          {{"dilations", ints(conv.dilations)},
           {"group", conv.groups},
           {"kernel_shape", std::vector{*weight[2].constant(), *weight[3].constant()}},
           {"output_padding", ints(conv.output_pads)},
           {"pads", ints(conv.pads)},
           {"strides", ints(conv.strides)}});
  return {};
}

template <>
Status emit<AveragePool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<AveragePool>(node.op);
  to.node(node, OnnxOpType::kAveragePool, to.names(node.inputs),
          {{"count_include_pad", int64_t{pool.padding == AveragePool::Padding::kCounted ? 1 : 0}},
           {"kernel_shape", ints(pool.kernel)},
           {"pads", ints(pool.pads)},
           {"strides", ints(pool.strides)}});
  return {};
}

template <>
Status emit<GridSample>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kGridSample, to.names(node.inputs),
          {{"align_corners", int64_t{0}},
           {"mode", std::string(to.opset() < 20 ? "bilinear" : "linear")},
           {"padding_mode", std::string("zeros")}});
  return {};
}

template <>
Status emit<Pad>(const Node& node, Lowering& to) {
  const auto& pad = std::get<Pad>(node.op);
  if (pad.mode == PadMode::kConstant && is_before_max_pool(node, to)) return pad_by_concat(node, pad, to);
  const auto& [top, left, bottom, right] = pad.pads;
  std::vector<std::string> inputs{to.name(node.inputs[0]), to.int64s({0, 0, top, left, 0, 0, bottom, right})};
  if (pad.mode == PadMode::kConstant) inputs.push_back(to.scalar(pad.value, to.type(node.inputs[0]).dtype));
  const std::string mode = pad.mode == PadMode::kConstant  ? "constant"
                           : pad.mode == PadMode::kReflect ? "reflect"
                                                           : "edge";
  to.node(node, OnnxOpType::kPad, std::move(inputs), {{"mode", mode}});
  return {};
}

template <>
Status emit<Resize>(const Node& node, Lowering& to) {
  const auto& resize = std::get<Resize>(node.op);
  const SymbolicShape& in = to.shape(node.inputs[0]);
  // Before opset 13 no operand may be missing: empty ones stand for it.
  const auto absent = [&](std::string_view role) {
    if (to.opset() >= 13) return std::string();
    return to.initializer(role, WeightRecipe::source(Tensor::from_floats({0}, {}), std::string(role)));
  };
  std::vector<std::string> inputs{to.name(node.inputs[0]), absent("roi")};
  const auto rows = exact_scale(in[2], resize.height);
  const auto columns = exact_scale(in[3], resize.width);
  if (rows && columns) {
    Tensor scales = Tensor::from_floats({4}, {1.0F, 1.0F, *rows, *columns});
    inputs.push_back(to.initializer("scales", WeightRecipe::source(std::move(scales), "scales")));
  } else {
    TRY(sizes, to.sizes().list(to.shape(node.outputs[0])));
    inputs.insert(inputs.end(), {absent("scales"), sizes});
  }
  const std::string coordinates = resize.coordinates == ResizeCoordinates::kAsymmetric  ? "asymmetric"
                                  : resize.coordinates == ResizeCoordinates::kHalfPixel ? "half_pixel"
                                                                                        : "align_corners";
  std::vector<OnnxAttribute> attributes{{"coordinate_transformation_mode", coordinates}};
  if (resize.mode == ResizeMode::kNearest) {
    attributes.push_back({"mode", std::string("nearest")});
    attributes.push_back({"nearest_mode", std::string("floor")});
  } else {
    attributes.push_back({"mode", std::string("linear")});
  }
  to.node(node, OnnxOpType::kResize, std::move(inputs), std::move(attributes));
  return {};
}

}  // namespace modelport::onnx
