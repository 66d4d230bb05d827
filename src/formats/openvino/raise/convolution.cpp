#include <algorithm>
#include <cmath>

#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

namespace {

/// The pair of an attribute of height and width.
Result<Size2> pair(const Raising& from, std::string_view name) {
  TRY(list, from.ints_attribute(name));
  if (list.size() != 2) return from.unsupported(fmt::format("{} has {} numbers, 2 are read", name, list.size()));
  return Size2{list[0], list[1]};
}

Result<Pads2> pads(const Raising& from) {
  if (from.text_attribute("auto_pad", "explicit") != "explicit") return from.unsupported("auto_pad is not read");
  TRY(begin, pair(from, "pads_begin"));
  TRY(end, pair(from, "pads_end"));
  return Pads2{begin[0], begin[1], end[0], end[1]};
}

/// [groups, n, ...] as [groups * n, ...], and the number of groups.
struct Weight {
  ValueId value;
  int64_t groups = 1;
};
Result<Weight> grouped_weight(Raising& from) {
  if (from.input_count() < 2) return from.unsupported("it has no weight");
  const std::vector<int64_t> shape = from.model().at(from.layer().inputs[1]).type.shape;
  if (shape.size() != 5 || std::ranges::min(shape) < 1) return from.unsupported("its weight is not [G, O, I, H, W]");
  TRY(value, from.reshaped(1, {shape[0] * shape[1], shape[2], shape[3], shape[4]}));
  return Weight{value, shape[0]};
}

Status convolve(Raising& from, const Weight& weight) {
  Conv conv{.groups = weight.groups};
  TRY(strides, pair(from, "strides"));
  TRY(dilations, pair(from, "dilations"));
  TRY(padding, pads(from));
  conv.strides = strides;
  conv.dilations = dilations;
  conv.pads = padding;
  TRY(x, from.value(0));
  from.define(0, from.builder().conv(x, weight.value, std::nullopt, conv));
  return {};
}

Status convolve_back(Raising& from, const Weight& weight) {
  if (from.input_count() != 2) return from.unsupported("an output shape as operand is not read");
  ConvTranspose conv{.groups = weight.groups};
  TRY(strides, pair(from, "strides"));
  TRY(dilations, pair(from, "dilations"));
  TRY(padding, pads(from));
  TRY(output_padding, pair(from, "output_padding"));
  conv.strides = strides;
  conv.dilations = dilations;
  conv.pads = padding;
  conv.output_pads = output_padding;
  TRY(x, from.value(0));
  from.define(0, from.builder().conv_transpose(x, weight.value, std::nullopt, conv));
  return {};
}

/// floor(size * scale), where that is a multiple or an exact part for sizes that vary.
Result<Dim> scaled(const Raising& from, const Dim& size, double scale) {
  if (const auto fixed = size.constant())
    return Dim(static_cast<int64_t>(std::floor(static_cast<double>(*fixed) * scale)));
  if (scale >= 1.0 && scale == std::floor(scale)) return size * Dim(static_cast<int64_t>(scale));
  if (scale > 0.0 && 1.0 / scale == std::floor(1.0 / scale)) return floor_div(size, static_cast<int64_t>(1.0 / scale));
  return from.unsupported(fmt::format("a size that varies is scaled by {}", scale));
}

Status require_no_pads(const Raising& from) {
  for (const std::string_view name : {"pads_begin", "pads_end"}) {
    TRY(list, from.ints_attribute(name));
    if (std::ranges::any_of(list, [](int64_t each) { return each != 0; }))
      return from.unsupported("it pads what it resizes");
  }
  return {};
}

}  // namespace

template <>
Status raise<OpenvinoOpType::kConvolution>(Raising& from) {
  TRY(weight, from.value(1));
  return convolve(from, {weight});
}

template <>
Status raise<OpenvinoOpType::kGroupConvolution>(Raising& from) {
  TRY(weight, grouped_weight(from));
  return convolve(from, weight);
}

template <>
Status raise<OpenvinoOpType::kConvolutionBackpropData>(Raising& from) {
  TRY(weight, from.value(1));
  return convolve_back(from, {weight});
}

template <>
Status raise<OpenvinoOpType::kGroupConvolutionBackpropData>(Raising& from) {
  TRY(weight, grouped_weight(from));
  return convolve_back(from, weight);
}

template <>
Status raise<OpenvinoOpType::kBatchNormInference>(Raising& from) {
  std::vector<ValueId> inputs;
  for (size_t i = 0; i < 5; ++i) {
    TRY(input, from.value(i));
    inputs.push_back(input);
  }
  TRY(epsilon, from.float_attribute("epsilon"));
  from.define(0, from.builder().batch_norm(inputs[0], inputs[1], inputs[2], inputs[3], inputs[4], epsilon));
  return {};
}

template <>
Status raise<OpenvinoOpType::kMaxPool>(Raising& from) {
  if (from.text_attribute("rounding_type", "floor") != "floor") return from.unsupported("only floor is read");
  MaxPool pool;
  TRY(kernel, pair(from, "kernel"));
  TRY(strides, pair(from, "strides"));
  TRY(dilations, pair(from, "dilations"));
  TRY(padding, pads(from));
  pool.kernel = kernel;
  pool.strides = strides;
  pool.dilations = dilations;
  pool.pads = padding;
  TRY(x, from.value(0));
  from.define(0, from.builder().max_pool(x, pool));
  return {};
}

template <>
Status raise<OpenvinoOpType::kAvgPool>(Raising& from) {
  if (from.text_attribute("rounding_type", "floor") != "floor") return from.unsupported("only floor is read");
  AveragePool pool;
  TRY(kernel, pair(from, "kernel"));
  TRY(strides, pair(from, "strides"));
  TRY(padding, pads(from));
  pool.kernel = kernel;
  pool.strides = strides;
  pool.pads = padding;
  const std::string exclude = from.text_attribute("exclude-pad", from.text_attribute("exclude_pad", ""));
  if (exclude != "true" && exclude != "false") return from.unsupported("exclude-pad is neither true nor false");
  pool.padding = exclude == "true" ? AveragePool::Padding::kLeftOut : AveragePool::Padding::kCounted;
  TRY(x, from.value(0));
  from.define(0, from.builder().average_pool(x, pool));
  return {};
}

template <>
Status raise<OpenvinoOpType::kInterpolate>(Raising& from) {
  CHECK_OK(require_no_pads(from));
  if (from.flag("antialias", "false")) return from.unsupported("antialias is not read");
  Resize resize;
  const std::string mode = from.text_attribute("mode", "");
  const std::string coordinates = from.text_attribute("coordinate_transformation_mode", "half_pixel");
  if (mode == "nearest" && coordinates == "asymmetric" &&
      from.text_attribute("nearest_mode", "round_prefer_floor") == "floor") {
    resize.mode = ResizeMode::kNearest;
    resize.coordinates = ResizeCoordinates::kAsymmetric;
  } else if (mode == "linear_onnx" &&
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
  TRY(axes, from.integers(2, "the axes"));
  if (in.size() != 4 || axes != std::vector<int64_t>{2, 3})
    return from.unsupported("it resizes what is not height and width of a batch of images");
  if (from.text_attribute("shape_calculation_mode", "") == "scales") {
    TRY(scales, from.constant_floats(1, "scales"));
    if (scales.size() != 2) return from.unsupported("scales are not [height, width]");
    TRY(height, scaled(from, in[2], scales[0]));
    TRY(width, scaled(from, in[3], scales[1]));
    resize.height = height;
    resize.width = width;
  } else {
    TRY(sizes, from.required_sizes(1, "sizes"));
    if (sizes.size() != 2) return from.unsupported("sizes are not [height, width]");
    resize.height = sizes[0];
    resize.width = sizes[1];
  }
  from.define(0, from.builder().resize(x, resize));
  return {};
}

template <>
Status raise<OpenvinoOpType::kPad>(Raising& from) {
  TRY(begin, from.integers(1, "pads_begin"));
  TRY(end, from.integers(2, "pads_end"));
  const bool of_images = begin.size() == 4 && end.size() == 4 && begin[0] == 0 && begin[1] == 0 && end[0] == 0 &&
                         end[1] == 0 && std::ranges::min(begin) >= 0 && std::ranges::min(end) >= 0;
  if (!of_images) return from.unsupported("pads are not of height and width alone");
  Pad pad;
  pad.pads = {begin[2], begin[3], end[2], end[3]};
  const std::string mode = from.text_attribute("pad_mode", "");
  if (mode != "constant" && mode != "reflect" && mode != "edge")
    return from.unsupported(fmt::format("mode {} is not read", mode));
  pad.mode = mode == "constant" ? PadMode::kConstant : mode == "reflect" ? PadMode::kReflect : PadMode::kEdge;
  if (pad.mode == PadMode::kConstant && from.input_count() > 3) {
    TRY(value, from.constant_floats(3, "pad_value"));
    if (value.size() != 1) return from.unsupported("pad_value is not one number");
    pad.value = value[0];
  }
  TRY(x, from.value(0));
  from.define(0, from.builder().pad(x, pad));
  return {};
}

}  // namespace modelport::openvino
