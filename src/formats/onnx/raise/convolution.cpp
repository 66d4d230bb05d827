#include <algorithm>
#include <cmath>

#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

namespace {

/// A list of exactly N ints, or its default of equal elements.
template <size_t N>
Result<std::array<int64_t, N>> ints(const Raising& from, std::string_view name, int64_t if_missing) {
  std::array<int64_t, N> out;
  out.fill(if_missing);
  const auto given = from.ints_attribute(name);
  if (!given) return out;
  if (given->size() != N)
    return from.unsupported(fmt::format("{} has {} numbers, {} are read", name, given->size(), N));
  std::copy(given->begin(), given->end(), out.begin());
  return out;
}

Status require_explicit_padding(const Raising& from) {
  if (from.string_attribute("auto_pad", "NOTSET") == "NOTSET") return {};
  return from.unsupported("auto_pad is not read");
}

/// floor(size * scale), where that is a multiple or an exact part for sizes that vary.
Result<Dim> scaled(const Raising& from, const Dim& size, double scale) {
  if (const auto fixed = size.constant())
    return Dim(static_cast<int64_t>(std::floor(static_cast<double>(*fixed) * scale)));
  if (scale >= 1.0 && scale == std::floor(scale)) return size * Dim(static_cast<int64_t>(scale));
  if (scale > 0.0 && 1.0 / scale == std::floor(1.0 / scale)) return floor_div(size, static_cast<int64_t>(1.0 / scale));
  return from.unsupported(fmt::format("a size that varies is scaled by {}", scale));
}

}  // namespace

template <>
Status raise<OnnxOpType::kConv>(Raising& from) {
  CHECK_OK(require_explicit_padding(from));
  Conv conv;
  TRY(strides, ints<2>(from, "strides", 1));
  TRY(pads, ints<4>(from, "pads", 0));
  TRY(dilations, ints<2>(from, "dilations", 1));
  conv.strides = strides;
  conv.pads = pads;
  conv.dilations = dilations;
  conv.groups = from.int_attribute("group", 1);
  TRY(x, from.value(0));
  TRY(weight, from.value(1));
  if (const auto kernel = from.ints_attribute("kernel_shape")) {
    const SymbolicShape& shape = from.builder().shape(weight);
    if (kernel->size() != 2 || shape.size() != 4 || !(shape[2] == Dim((*kernel)[0])) ||
        !(shape[3] == Dim((*kernel)[1]))) {
      return from.unsupported("kernel_shape is not the weight's");
    }
  }
  std::optional<ValueId> bias;
  if (from.has_input(2)) {
    TRY(given, from.value(2));
    bias = given;
  }
  from.define(0, from.builder().conv(x, weight, bias, conv));
  return {};
}

template <>
Status raise<OnnxOpType::kBatchNormalization>(Raising& from) {
  if (from.int_attribute("training_mode", 0) != 0) return from.unsupported("training_mode is not read");
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < 5; ++i) {
    TRY(input, from.value(i));
    inputs.push_back(input);
  }
  from.define(0, from.builder().batch_norm(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4],
                                           from.float_attribute("epsilon", 1e-5)));
  return {};
}

template <>
Status raise<OnnxOpType::kMaxPool>(Raising& from) {
  CHECK_OK(require_explicit_padding(from));
  if (from.int_attribute("ceil_mode", 0) != 0) return from.unsupported("ceil_mode is not read");
  MaxPool pool;
  TRY(kernel, ints<2>(from, "kernel_shape", 1));
  TRY(strides, ints<2>(from, "strides", 1));
  TRY(pads, ints<4>(from, "pads", 0));
  TRY(dilations, ints<2>(from, "dilations", 1));
  pool.kernel = kernel;
  pool.strides = strides;
  pool.pads = pads;
  pool.dilations = dilations;
  TRY(x, from.value(0));
  from.define(0, from.builder().max_pool(x, pool));
  return {};
}

template <>
Status raise<OnnxOpType::kConvTranspose>(Raising& from) {
  CHECK_OK(require_explicit_padding(from));
  if (from.ints_attribute("output_shape")) return from.unsupported("output_shape is not read");
  ConvTranspose conv;
  TRY(strides, ints<2>(from, "strides", 1));
  TRY(pads, ints<4>(from, "pads", 0));
  TRY(dilations, ints<2>(from, "dilations", 1));
  TRY(output_pads, ints<2>(from, "output_padding", 0));
  conv.strides = strides;
  conv.pads = pads;
  conv.dilations = dilations;
  conv.output_pads = output_pads;
  conv.groups = from.int_attribute("group", 1);
  TRY(x, from.value(0));
  TRY(weight, from.value(1));
  std::optional<ValueId> bias;
  if (from.has_input(2)) {
    TRY(given, from.value(2));
    bias = given;
  }
  from.define(0, from.builder().conv_transpose(x, weight, bias, conv));
  return {};
}

template <>
Status raise<OnnxOpType::kAveragePool>(Raising& from) {
  CHECK_OK(require_explicit_padding(from));
  if (from.int_attribute("ceil_mode", 0) != 0) return from.unsupported("ceil_mode is not read");
  for (const int64_t dilation : from.ints_attribute("dilations").value_or(std::vector<int64_t>{}))
    if (dilation != 1) return from.unsupported("dilations other than 1 are not read");
  AveragePool pool;
  TRY(kernel, ints<2>(from, "kernel_shape", 1));
  TRY(strides, ints<2>(from, "strides", 1));
  TRY(pads, ints<4>(from, "pads", 0));
  pool.kernel = kernel;
  pool.strides = strides;
  pool.pads = pads;
  pool.padding =
      from.int_attribute("count_include_pad", 0) != 0 ? AveragePool::Padding::kCounted : AveragePool::Padding::kLeftOut;
  TRY(x, from.value(0));
  from.define(0, from.builder().average_pool(x, pool));
  return {};
}

template <>
Status raise<OnnxOpType::kGlobalAveragePool>(Raising& from) {
  TRY(x, from.value(0));
  if (from.builder().shape(x).size() != 4) return from.unsupported("it pools what is not a batch of images");
  from.define(0, from.builder().reduce_mean(x, {2, 3}));
  return {};
}

template <>
Status raise<OnnxOpType::kGlobalMaxPool>(Raising& from) {
  TRY(x, from.value(0));
  if (from.builder().shape(x).size() != 4) return from.unsupported("it pools what is not a batch of images");
  from.define(0, from.builder().reduce_max(x, {2, 3}));
  return {};
}

template <>
Status raise<OnnxOpType::kGridSample>(Raising& from) {
  const std::string mode = from.string_attribute("mode", from.opset() < 20 ? "bilinear" : "linear");
  if (mode != (from.opset() < 20 ? "bilinear" : "linear") ||
      from.string_attribute("padding_mode", "zeros") != "zeros" || from.int_attribute("align_corners", 0) != 0) {
    return from.unsupported("only bilinear sampling with zeros outside and align_corners 0 is read");
  }
  TRY(x, from.value(0));
  TRY(grid, from.value(1));
  from.define(0, from.builder().grid_sample(x, grid));
  return {};
}

template <>
Status raise<OnnxOpType::kResize>(Raising& from) {
  Resize resize;
  const std::string mode = from.string_attribute("mode", "nearest");
  const std::string coordinates = from.string_attribute("coordinate_transformation_mode", "half_pixel");
  if (mode == "nearest" && coordinates == "asymmetric" &&
      from.string_attribute("nearest_mode", "round_prefer_floor") == "floor") {
    resize.mode = ResizeMode::kNearest;
    resize.coordinates = ResizeCoordinates::kAsymmetric;
  } else if (mode == "linear" &&
             (coordinates == "half_pixel" || coordinates == "align_corners" || coordinates == "asymmetric")) {
    resize.mode = ResizeMode::kLinear;
    resize.coordinates = coordinates == "half_pixel"      ? ResizeCoordinates::kHalfPixel
                         : coordinates == "align_corners" ? ResizeCoordinates::kAlignCorners
                                                          : ResizeCoordinates::kAsymmetric;
  } else {
    return from.unsupported(fmt::format("mode {} with coordinates {} is not read", mode, coordinates));
  }
  TRY(x, from.value(0));
  const SymbolicShape in = from.builder().shape(x);
  if (in.size() != 4) return from.unsupported("it resizes what is not a batch of images");
  std::vector<double> scales;
  if (from.has_input(2)) {
    TRY(given, from.constant_floats(2, "scales"));
    scales = std::move(given);
  }
  if (!scales.empty()) {
    if (scales.size() != 4 || scales[0] != 1.0 || scales[1] != 1.0)
      return from.unsupported("scales are not [1, 1, height, width]");
    TRY(height, scaled(from, in[2], scales[2]));
    TRY(width, scaled(from, in[3], scales[3]));
    resize.height = height;
    resize.width = width;
  } else {
    TRY(sizes, from.required_sizes(3, "sizes"));
    if (sizes.size() != 4 || !(sizes[0] == in[0]) || !(sizes[1] == in[1]))
      return from.unsupported("sizes change the batch or the channels");
    resize.height = sizes[2];
    resize.width = sizes[3];
  }
  from.define(0, from.builder().resize(x, resize));
  return {};
}

template <>
Status raise<OnnxOpType::kPad>(Raising& from) {
  TRY(sizes, from.required_sizes(1, "pads"));
  std::vector<int64_t> pads;
  for (const Dim& size : sizes) pads.push_back(size.constant().value_or(-1));
  if (pads.size() != 8 || pads[0] != 0 || pads[1] != 0 || pads[4] != 0 || pads[5] != 0 ||
      *std::min_element(pads.begin(), pads.end()) < 0) {
    return from.unsupported("pads are not of height and width alone");
  }
  Pad pad;
  pad.pads = {pads[2], pads[3], pads[6], pads[7]};
  const std::string mode = from.string_attribute("mode", "constant");
  if (mode != "constant" && mode != "reflect" && mode != "edge")
    return from.unsupported(fmt::format("mode {} is not read", mode));
  pad.mode = mode == "constant" ? PadMode::kConstant : mode == "reflect" ? PadMode::kReflect : PadMode::kEdge;
  if (pad.mode == PadMode::kConstant && from.has_input(2)) {
    TRY(value, from.constant_floats(2, "constant_value"));
    if (value.size() != 1) return from.unsupported("constant_value is not one number");
    pad.value = value[0];
  }
  TRY(x, from.value(0));
  from.define(0, from.builder().pad(x, pad));
  return {};
}

}  // namespace modelport::onnx
