#include "formats/torchscript/lower/lower_functions.h"

namespace modelport::torchscript::to_torch {

namespace {
using E = TorchExpression;
}  // namespace

Status plain(const Node& node, Lowering& to, std::string_view function) {
  to.node(node, std::string(function), to.values(node.inputs));
  return {};
}

Status binary(const Node& node, Lowering& to, std::string_view function) {
  to.node(node, std::string(function), {to.value(node.inputs[0]), to.operand(node.inputs[1])});
  return {};
}

Status div(const Node& node, Lowering& to) {
  std::vector<E> operands{to.value(node.inputs[0]), to.operand(node.inputs[1])};
  if (is_float(to.type(node.outputs[0]).dtype)) {
    to.node(node, "torch.div", std::move(operands));
  } else {
    to.node(node, "torch.div", std::move(operands), {{"rounding_mode", E::string("trunc")}});
  }
  return {};
}

Status leaky_relu(const Node& node, Lowering& to) {
  to.node(node, "torch.leaky_relu", {to.value(node.inputs[0]), E::real(std::get<LeakyRelu>(node.op).slope)});
  return {};
}

Status elu(const Node& node, Lowering& to) {
  to.node(node, "torch.elu", {to.value(node.inputs[0]), E::real(std::get<Elu>(node.op).alpha)});
  return {};
}

Status clip(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  to.node(node, "torch.clamp", {to.value(node.inputs[0]), E::real(clip.min), E::real(clip.max)});
  return {};
}

Status gelu(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, "torch.gelu", {to.value(node.inputs[0])}, {{"approximate", E::string(tanh ? "tanh" : "none")}});
  return {};
}

Status cast(const Node& node, Lowering& to) {
  const E x = to.value(node.inputs[0]);
  to.node(node, "torch.to", {x, to.dtype(std::get<Cast>(node.op).to)});
  return {};
}

}  // namespace modelport::torchscript::to_torch
