#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

namespace {

/// A list attribute: "1, 1".
template <class List>
std::string list_text(const List& list) {
  return fmt::format("{}", fmt::join(list, ", "));
}
/// Top and left, or bottom and right, of pads.
std::string pads_begin(const Pads2& pads) { return fmt::format("{}, {}", pads[0], pads[1]); }
std::string pads_end(const Pads2& pads) { return fmt::format("{}, {}", pads[2], pads[3]); }

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

/// The product, and a bias [M] added over its channels.
void with_bias(const Node& node, Lowering& to, OpenvinoOpType type, std::vector<OpenvinoSource> inputs,
               Lowering::Attributes attributes) {
  if (node.inputs.size() < 3) return to.node(node, type, std::move(inputs), std::move(attributes));
  const OpenvinoSource product =
      to.inner(type, std::move(inputs), to.port_type(node.outputs[0]), std::move(attributes));
  const int64_t channels = *to.shape(node.inputs[2])[0].constant();
  const OpenvinoSource bias = to.reshaped(node.inputs[2], "bias", {1, channels, 1, 1});
  to.node(node, OpenvinoOpType::kAdd, {product, bias}, {{"auto_broadcast", "numpy"}});
}

/// A weight [groups * n, ...] as [groups, n, ...].
OpenvinoSource grouped_weight(const Node& node, Lowering& to, int64_t groups) {
  Shape shape;
  for (const Dim& size : to.shape(node.inputs[1])) shape.push_back(*size.constant());
  shape[0] /= groups;
  shape.insert(shape.begin(), groups);
  return to.reshaped(node.inputs[1], "weight", shape);
}

}  // namespace

template <>
Status emit<Conv>(const Node& node, Lowering& to) {
  const auto& conv = std::get<Conv>(node.op);
  const OpenvinoSource x = to.value(node.inputs[0]);
  const bool whole = conv.groups == 1;
  const OpenvinoSource weight = whole ? to.value(node.inputs[1], "weight") : grouped_weight(node, to, conv.groups);
  with_bias(node, to, whole ? OpenvinoOpType::kConvolution : OpenvinoOpType::kGroupConvolution, {x, weight},
            {{"strides", list_text(conv.strides)},
             {"dilations", list_text(conv.dilations)},
             {"pads_begin", pads_begin(conv.pads)},
             {"pads_end", pads_end(conv.pads)},
             {"auto_pad", "explicit"}});
  return {};
}

template <>
Status emit<ConvTranspose>(const Node& node, Lowering& to) {
  const auto& conv = std::get<ConvTranspose>(node.op);
  const OpenvinoSource x = to.value(node.inputs[0]);
  const bool whole = conv.groups == 1;
  const OpenvinoSource weight = whole ? to.value(node.inputs[1], "weight") : grouped_weight(node, to, conv.groups);
  with_bias(node, to, whole ? OpenvinoOpType::kConvolutionBackpropData : OpenvinoOpType::kGroupConvolutionBackpropData,
            {x, weight},
            {{"strides", list_text(conv.strides)},
             {"dilations", list_text(conv.dilations)},
             {"pads_begin", pads_begin(conv.pads)},
             {"pads_end", pads_end(conv.pads)},
             {"auto_pad", "explicit"},
             {"output_padding", list_text(conv.output_pads)}});
  return {};
}

template <>
Status emit<BatchNorm>(const Node& node, Lowering& to) {
  std::vector<OpenvinoSource> inputs{to.value(node.inputs[0]), to.value(node.inputs[1], "weight"),
                                     to.value(node.inputs[2], "bias"), to.value(node.inputs[3], "running_mean"),
                                     to.value(node.inputs[4], "running_var")};
  to.node(node, OpenvinoOpType::kBatchNormInference, std::move(inputs),
          {{"epsilon", fmt::format("{}", std::get<BatchNorm>(node.op).epsilon)}});
  return {};
}

template <>
Status emit<MaxPool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<MaxPool>(node.op);
  // Before opset14 ceil also starts windows in the trailing padding; torch's does not. Wider trailing padding with
  // floor gives torch's sizes.
  Pads2 pads = pool.pads;
  for (size_t axis = 0; axis < 2 && pool.rounding == MaxPool::Rounding::kCeil; ++axis) {
    const auto in = to.shape(node.inputs[0])[2 + axis].constant();
    const auto out = to.shape(node.outputs[0])[2 + axis].constant();
    if (!in || !out) {
      Error error = fail(ErrorCode::kInvalidArgument, "MaxPool with ceil_mode needs fixed image sizes in OpenVINO");
      error.hint = "leave dynamic_axes out, or set it to \"batch\"";
      return std::move(error).in(node.path);
    }
    const int64_t reach = (*out - 1) * pool.strides[axis] + pool.dilations[axis] * (pool.kernel[axis] - 1) + 1;
    pads[2 + axis] = std::max(pads[2 + axis], reach - *in - pads[axis]);
  }
  to.node(node, OpenvinoOpType::kMaxPool, to.values(node.inputs),
          {{"strides", list_text(pool.strides)},
           {"dilations", list_text(pool.dilations)},
           {"pads_begin", pads_begin(pads)},
           {"pads_end", pads_end(pads)},
           {"kernel", list_text(pool.kernel)},
           {"rounding_type", "floor"},
           {"auto_pad", "explicit"},
           {"index_element_type", "i64"},
           {"axis", "2"}},
          {{DType::kInt64, to.port_type(node.outputs[0]).shape}});
  return {};
}

template <>
Status emit<AveragePool>(const Node& node, Lowering& to) {
  const auto& pool = std::get<AveragePool>(node.op);
  to.node(node, OpenvinoOpType::kAvgPool, to.values(node.inputs),
          {{"strides", list_text(pool.strides)},
           {"pads_begin", pads_begin(pool.pads)},
           {"pads_end", pads_end(pool.pads)},
           {"kernel", list_text(pool.kernel)},
           {"exclude-pad", pool.padding == AveragePool::Padding::kLeftOut ? "true" : "false"},
           {"rounding_type", "floor"},
           {"auto_pad", "explicit"}});
  return {};
}

template <>
Status emit<Pad>(const Node& node, Lowering& to) {
  const auto& pad = std::get<Pad>(node.op);
  const auto& [top, left, bottom, right] = pad.pads;
  std::vector<OpenvinoSource> inputs{to.value(node.inputs[0]), to.int64s({0, 0, top, left}),
                                     to.int64s({0, 0, bottom, right})};
  if (pad.mode == PadMode::kConstant) inputs.push_back(to.scalar(pad.value, to.type(node.inputs[0]).dtype));
  const std::string mode = pad.mode == PadMode::kConstant  ? "constant"
                           : pad.mode == PadMode::kReflect ? "reflect"
                                                           : "edge";
  to.node(node, OpenvinoOpType::kPad, std::move(inputs), {{"pad_mode", mode}});
  return {};
}

template <>
Status emit<Resize>(const Node& node, Lowering& to) {
  const auto& resize = std::get<Resize>(node.op);
  const SymbolicShape& in = to.shape(node.inputs[0]);
  std::vector<OpenvinoSource> inputs{to.value(node.inputs[0])};
  const auto rows = exact_scale(in[2], resize.height), columns = exact_scale(in[3], resize.width);
  if (rows && columns) {
    inputs.push_back(
        to.constant("scales", WeightRecipe::source(Tensor::from_floats({2}, {*rows, *columns}), "scales")));
  } else {
    TRY(sizes, to.sizes().list({resize.height, resize.width}));
    inputs.push_back(sizes);
  }
  inputs.push_back(to.int64s({2, 3}));
  const std::string coordinates = resize.coordinates == ResizeCoordinates::kAsymmetric  ? "asymmetric"
                                  : resize.coordinates == ResizeCoordinates::kHalfPixel ? "half_pixel"
                                                                                        : "align_corners";
  to.node(node, OpenvinoOpType::kInterpolate, std::move(inputs),
          {{"mode", resize.mode == ResizeMode::kNearest ? "nearest" : "linear_onnx"},
           {"shape_calculation_mode", rows && columns ? "scales" : "sizes"},
           {"coordinate_transformation_mode", coordinates},
           {"nearest_mode", "floor"},
           {"antialias", "false"},
           {"pads_begin", "0, 0, 0, 0"},
           {"pads_end", "0, 0, 0, 0"},
           {"cube_coeff", "-0.75"}});
  return {};
}

}  // namespace modelport::openvino
