#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

namespace {
using E = TorchExpression;
}  // namespace

template <>
Status emit<MatMul>(const Node& node, Lowering& to) {
  to.node(node, "torch.matmul", to.values(node.inputs));
  return {};
}

template <>
Status emit<Linear>(const Node& node, Lowering& to) {
  const E x = to.value(node.inputs[0]), weight = to.value(node.inputs[1], "weight");
  const E bias = node.inputs.size() > 2 ? to.value(node.inputs[2], "bias") : E::none();
  to.node(node, "torch.linear", {x, weight, bias});
  return {};
}

template <>
Status emit<LayerNorm>(const Node& node, Lowering& to) {
  const auto& norm = std::get<LayerNorm>(node.op);
  const E x = to.value(node.inputs[0]), weight = to.value(node.inputs[1], "weight"),
          bias = to.value(node.inputs[2], "bias");
  TRY(sizes, to.sizes(to.shape(node.inputs[1])));
  to.node(node, "torch.layer_norm", {x, sizes, weight, bias, E::real(norm.epsilon), E::truth(false)});
  return {};
}

template <>
Status emit<Softmax>(const Node& node, Lowering& to) {
  to.node(node, "torch.softmax", {to.value(node.inputs[0]), E::of(std::get<Softmax>(node.op).axis), E::none()});
  return {};
}

template <>
Status emit<ReduceMean>(const Node& node, Lowering& to) {
  to.node(node, "torch.mean",
          {to.value(node.inputs[0]), E::integers(std::get<ReduceMean>(node.op).axes), E::truth(true)});
  return {};
}

template <>
Status emit<ReduceMax>(const Node& node, Lowering& to) {
  to.node(node, "torch.amax",
          {to.value(node.inputs[0]), E::integers(std::get<ReduceMax>(node.op).axes), E::truth(true)});
  return {};
}

template <>
Status emit<ReduceSum>(const Node& node, Lowering& to) {
  to.node(node, "torch.sum",
          {to.value(node.inputs[0]), E::integers(std::get<ReduceSum>(node.op).axes), E::truth(true)});
  return {};
}

}  // namespace modelport::torchscript
