#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

namespace {
using E = TorchExpression;

/// The same operands and no attributes.
Status plain(const Node& node, Lowering& to, std::string_view function) {
  to.node(node, std::string(function), to.values(node.inputs));
  return {};
}

/// Two operands, of which the second may be a literal.
Status binary(const Node& node, Lowering& to, std::string_view function) {
  to.node(node, std::string(function), {to.value(node.inputs[0]), to.operand(node.inputs[1])});
  return {};
}

}  // namespace

template <>
Status emit<Div>(const Node& node, Lowering& to) {
  std::vector<E> operands{to.value(node.inputs[0]), to.operand(node.inputs[1])};
  if (is_float(to.type(node.outputs[0]).dtype)) {
    to.node(node, "torch.div", std::move(operands));
  } else {
    to.node(node, "torch.div", std::move(operands), {{"rounding_mode", E::string("trunc")}});
  }
  return {};
}

template <>
Status emit<LeakyRelu>(const Node& node, Lowering& to) {
  to.node(node, "torch.leaky_relu", {to.value(node.inputs[0]), E::real(std::get<LeakyRelu>(node.op).slope)});
  return {};
}

template <>
Status emit<Elu>(const Node& node, Lowering& to) {
  to.node(node, "torch.elu", {to.value(node.inputs[0]), E::real(std::get<Elu>(node.op).alpha)});
  return {};
}

template <>
Status emit<Clip>(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  to.node(node, "torch.clamp", {to.value(node.inputs[0]), E::real(clip.min), E::real(clip.max)});
  return {};
}

template <>
Status emit<Gelu>(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, "torch.gelu", {to.value(node.inputs[0])}, {{"approximate", E::string(tanh ? "tanh" : "none")}});
  return {};
}

template <>
Status emit<Cast>(const Node& node, Lowering& to) {
  const E x = to.value(node.inputs[0]);
  to.node(node, "torch.to", {x, to.dtype(std::get<Cast>(node.op).to)});
  return {};
}

template <>
Status emit<Add>(const Node& node, Lowering& to) {
  return binary(node, to, "torch.add");
}
template <>
Status emit<Sub>(const Node& node, Lowering& to) {
  return binary(node, to, "torch.sub");
}
template <>
Status emit<Mul>(const Node& node, Lowering& to) {
  return binary(node, to, "torch.mul");
}
template <>
Status emit<Pow>(const Node& node, Lowering& to) {
  return binary(node, to, "torch.pow");
}
template <>
Status emit<Relu>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.relu");
}
template <>
Status emit<Sigmoid>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.sigmoid");
}
template <>
Status emit<Silu>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.silu");
}
template <>
Status emit<HardSigmoid>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.hardsigmoid");
}
template <>
Status emit<HardSwish>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.hardswish");
}
template <>
Status emit<Tanh>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.tanh");
}
template <>
Status emit<Exp>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.exp");
}
template <>
Status emit<Sqrt>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.sqrt");
}
template <>
Status emit<Erf>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.erf");
}
template <>
Status emit<Softplus>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.softplus");
}
template <>
Status emit<Mish>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.mish");
}
template <>
Status emit<Less>(const Node& node, Lowering& to) {
  return binary(node, to, "torch.lt");
}
template <>
Status emit<LogicalAnd>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.logical_and");
}
template <>
Status emit<Where>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.where");
}
template <>
Status emit<Log>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.log");
}
template <>
Status emit<Sin>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.sin");
}
template <>
Status emit<Cos>(const Node& node, Lowering& to) {
  return plain(node, to, "torch.cos");
}

}  // namespace modelport::torchscript
