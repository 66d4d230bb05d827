#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

namespace {

/// Larger constants are not repeated.
constexpr int64_t kMostRepeated = int64_t{1} << 18;

/// One number a channel of [N, C, ...], which every engine broadcasts.
bool is_per_channel(const Shape& shape, size_t rank) {
  if (shape.size() + 1 < rank || rank < 2) return false;
  const size_t channels = shape.size() + 1 - rank;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    if (axis != channels && shape[axis] != 1) return false;
  return true;
}

/// The constant as large as `shape`, to which it broadcasts.
WeightRecipe repeated(const WeightRecipe& constant, const Shape& shape) {
  const std::vector<double> values = constant.to_doubles();
  const size_t added = shape.size() - constant.shape().size();
  std::vector<double> all(static_cast<size_t>(*element_count(shape)));
  for (size_t at = 0; at < all.size(); ++at) {
    size_t rest = at, stride = 1, from = 0;
    for (size_t axis = shape.size(); axis-- > 0;) {
      const auto size = static_cast<size_t>(shape[axis]), index = rest % size;
      rest /= size;
      if (axis < added || constant.shape()[axis - added] == 1) continue;
      from += index * stride;
      stride *= size;
    }
    all[at] = values[from];
  }
  return WeightRecipe::source(Tensor::from_doubles(shape, all), "repeated").convert(constant.dtype());
}

/// What to write for operand `index` instead, before opset 13: OpenCV 4.6 broadcasts nothing but numbers of a channel.
std::optional<WeightRecipe> repeated_operand(const Node& node, size_t index, Lowering& to) {
  const std::optional<WeightRecipe>& constant = to.graph()[node.inputs[index]].constant;
  const SymbolicShape& wanted = to.shape(node.inputs[1 - index]);
  if (to.opset() >= 13 || !constant || !is_float(constant->dtype()) || constant->element_count() < 2) return {};
  Shape shape;
  for (const Dim& size : wanted) shape.push_back(size.constant().value_or(0));
  const auto count = element_count(shape);
  const bool fits = wanted == to.shape(node.outputs[0]) && count && *count > 0 && *count <= kMostRepeated;
  if (!fits || constant->shape() == shape || is_per_channel(constant->shape(), shape.size())) return {};
  return repeated(*constant, shape);
}

Status lower_arithmetic(const Node& node, OnnxOpType type, Lowering& to) {
  std::vector<std::string> inputs;
  for (size_t i = 0; i < 2; ++i) {
    const auto constant = repeated_operand(node, i, to);
    inputs.push_back(constant ? to.initializer("constant", *constant) : to.name(node.inputs[i]));
  }
  to.node(node, type, std::move(inputs));
  return {};
}

/// The same operands and no attributes.
Status plain(const Node& node, OnnxOpType type, Lowering& to) {
  to.node(node, type, to.names(node.inputs));
  return {};
}

}  // namespace

template <>
Status emit<Add>(const Node& node, Lowering& to) {
  return lower_arithmetic(node, OnnxOpType::kAdd, to);
}
template <>
Status emit<Sub>(const Node& node, Lowering& to) {
  return lower_arithmetic(node, OnnxOpType::kSub, to);
}
template <>
Status emit<Mul>(const Node& node, Lowering& to) {
  return lower_arithmetic(node, OnnxOpType::kMul, to);
}
template <>
Status emit<Div>(const Node& node, Lowering& to) {
  return lower_arithmetic(node, OnnxOpType::kDiv, to);
}

template <>
Status emit<LeakyRelu>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kLeakyRelu, to.names(node.inputs),
          {{"alpha", static_cast<float>(std::get<LeakyRelu>(node.op).slope)}});
  return {};
}

template <>
Status emit<Elu>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kElu, to.names(node.inputs), {{"alpha", static_cast<float>(std::get<Elu>(node.op).alpha)}});
  return {};
}

template <>
Status emit<Clip>(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  const DType dtype = to.type(node.inputs[0]).dtype;
  to.node(node, OnnxOpType::kClip, {to.name(node.inputs[0]), to.scalar(clip.min, dtype), to.scalar(clip.max, dtype)});
  return {};
}

template <>
Status emit<HardSigmoid>(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kHardSigmoid, to.names(node.inputs), {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}});
  return {};
}

template <>
Status emit<Gelu>(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, OnnxOpType::kGelu, to.names(node.inputs), {{"approximate", std::string(tanh ? "tanh" : "none")}});
  return {};
}

template <>
Status emit<Cast>(const Node& node, Lowering& to) {
  const uint64_t code = layout::data_type_code(std::get<Cast>(node.op).to);
  to.node(node, OnnxOpType::kCast, to.names(node.inputs), {{"to", static_cast<int64_t>(code)}});
  return {};
}

template <>
Status emit<Pow>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kPow, to);
}
template <>
Status emit<Relu>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kRelu, to);
}
template <>
Status emit<Sigmoid>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kSigmoid, to);
}
template <>
Status emit<HardSwish>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kHardSwish, to);
}
template <>
Status emit<Tanh>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kTanh, to);
}
template <>
Status emit<Exp>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kExp, to);
}
template <>
Status emit<Sqrt>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kSqrt, to);
}
template <>
Status emit<Erf>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kErf, to);
}
template <>
Status emit<Softplus>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kSoftplus, to);
}
template <>
Status emit<Mish>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kMish, to);
}
template <>
Status emit<Less>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kLess, to);
}
template <>
Status emit<LogicalAnd>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kAnd, to);
}
template <>
Status emit<Where>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kWhere, to);
}
template <>
Status emit<Log>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kLog, to);
}
template <>
Status emit<Sin>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kSin, to);
}
template <>
Status emit<Cos>(const Node& node, Lowering& to) {
  return plain(node, OnnxOpType::kCos, to);
}

}  // namespace modelport::onnx
