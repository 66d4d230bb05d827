#include <fmt/format.h>

#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

namespace {

/// The same operands and no attributes.
Status plain(const Node& node, OpenvinoOpType type, Lowering& to) {
  to.node(node, type, to.values(node.inputs));
  return {};
}

/// Operands are broadcast as NumPy does.
Status broadcast(const Node& node, OpenvinoOpType type, Lowering& to) {
  to.node(node, type, to.values(node.inputs), {{"auto_broadcast", "numpy"}});
  return {};
}

}  // namespace

template <>
Status emit<Div>(const Node& node, Lowering& to) {
  // m_pythondiv rounds integers down; the catalogue's Div truncates.
  to.node(node, OpenvinoOpType::kDivide, to.values(node.inputs),
          {{"auto_broadcast", "numpy"}, {"m_pythondiv", is_float(to.type(node.outputs[0]).dtype) ? "true" : "false"}});
  return {};
}

template <>
Status emit<LeakyRelu>(const Node& node, Lowering& to) {
  const Tensor slope = Tensor::from_doubles({1}, {std::get<LeakyRelu>(node.op).slope});
  const DType dtype = to.type(node.inputs[0]).dtype;
  to.node(node, OpenvinoOpType::kPRelu,
          {to.value(node.inputs[0]), to.constant("slope", WeightRecipe::source(slope, "slope").convert(dtype))});
  return {};
}

template <>
Status emit<Elu>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kElu, to.values(node.inputs),
          {{"alpha", fmt::format("{}", std::get<Elu>(node.op).alpha)}});
  return {};
}

template <>
Status emit<Clip>(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  to.node(node, OpenvinoOpType::kClamp, to.values(node.inputs),
          {{"min", fmt::format("{}", clip.min)}, {"max", fmt::format("{}", clip.max)}});
  return {};
}

template <>
Status emit<Gelu>(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, OpenvinoOpType::kGelu, to.values(node.inputs), {{"approximation_mode", tanh ? "TANH" : "ERF"}});
  return {};
}

template <>
Status emit<Cast>(const Node& node, Lowering& to) {
  // A weight stored in another type than it is used in is emitted where it is used.
  if (to.graph()[node.inputs[0]].constant) return {};
  const auto element = layout::element_type(std::get<Cast>(node.op).to);
  to.node(node, OpenvinoOpType::kConvert, to.values(node.inputs),
          {{"destination_type", std::string(element->attribute)}});
  return {};
}

template <>
Status emit<Add>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kAdd, to);
}
template <>
Status emit<Sub>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kSubtract, to);
}
template <>
Status emit<Mul>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kMultiply, to);
}
template <>
Status emit<Pow>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kPower, to);
}
template <>
Status emit<Relu>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kReLU, to);
}
template <>
Status emit<Sigmoid>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kSigmoid, to);
}
template <>
Status emit<Silu>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kSwish, to);
}
template <>
Status emit<HardSigmoid>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kHSigmoid, to);
}
template <>
Status emit<HardSwish>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kHSwish, to);
}
template <>
Status emit<Tanh>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kTanh, to);
}
template <>
Status emit<Exp>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kExp, to);
}
template <>
Status emit<Sqrt>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kSqrt, to);
}
template <>
Status emit<Erf>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kErf, to);
}
template <>
Status emit<Softplus>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kSoftPlus, to);
}
template <>
Status emit<Mish>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kMish, to);
}
template <>
Status emit<Less>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kLess, to);
}
template <>
Status emit<LogicalAnd>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kLogicalAnd, to);
}
template <>
Status emit<Where>(const Node& node, Lowering& to) {
  return broadcast(node, OpenvinoOpType::kSelect, to);
}
template <>
Status emit<Log>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kLog, to);
}
template <>
Status emit<Sin>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kSin, to);
}
template <>
Status emit<Cos>(const Node& node, Lowering& to) {
  return plain(node, OpenvinoOpType::kCos, to);
}

}  // namespace modelport::openvino
