#include "formats/onnx/lower/lower_functions.h"

namespace modelport {

namespace {

/// The axes are an attribute before opset `as_input_since`, the second input from there.
void reduction(const Node& node, OnnxOpType type, const std::vector<int64_t>& axes, int64_t as_input_since,
               Lowering& to) {
  std::vector<std::string> inputs{to.name(node.inputs[0])};
  std::vector<OnnxAttribute> attributes;
  if (to.opset() < as_input_since) {
    attributes.push_back({"axes", axes});
  } else {
    inputs.push_back(to.int64s(axes));
  }
  attributes.push_back({"keepdims", int64_t{1}});
  to.node(node, type, std::move(inputs), std::move(attributes));
}

}  // namespace

Status lower_linear(const Node& node, Lowering& to) {
  const ValueId weight = node.inputs[1];
  if (to.shape(node.inputs[0]).size() == 2) {
    std::vector<std::string> inputs{to.name(node.inputs[0]), to.name(weight, "weight")};
    if (node.inputs.size() > 2) inputs.push_back(to.name(node.inputs[2], "bias"));
    to.node(node, OnnxOpType::kGemm, std::move(inputs), {{"transB", int64_t{1}}});
    return {};
  }
  const auto& constant = to.graph()[weight].constant;
  std::string transposed =
      constant ? to.initializer("weight", constant->permute({1, 0}))
               : to.inner(OnnxOpType::kTranspose, {to.name(weight)}, {{"perm", std::vector<int64_t>{1, 0}}});
  std::vector<std::string> inputs{to.name(node.inputs[0]), std::move(transposed)};
  if (node.inputs.size() == 2) {
    to.node(node, OnnxOpType::kMatMul, std::move(inputs));
    return {};
  }
  std::string product = to.inner(OnnxOpType::kMatMul, std::move(inputs));
  to.node(node, OnnxOpType::kAdd, {std::move(product), to.name(node.inputs[2], "bias")});
  return {};
}

Status lower_layer_norm(const Node& node, Lowering& to) {
  const auto& norm = std::get<LayerNorm>(node.op);
  const auto rank = static_cast<int64_t>(to.shape(node.inputs[0]).size());
  to.node(node, OnnxOpType::kLayerNormalization,
          {to.name(node.inputs[0]), to.name(node.inputs[1], "weight"), to.name(node.inputs[2], "bias")},
          {{"axis", rank - norm.axes}, {"epsilon", static_cast<float>(norm.epsilon)}});
  return {};
}

Status lower_reduce_mean(const Node& node, Lowering& to) {
  reduction(node, OnnxOpType::kReduceMean, std::get<ReduceMean>(node.op).axes, 18, to);
  return {};
}

Status lower_reduce_max(const Node& node, Lowering& to) {
  reduction(node, OnnxOpType::kReduceMax, std::get<ReduceMax>(node.op).axes, 18, to);
  return {};
}

Status lower_reduce_sum(const Node& node, Lowering& to) {
  reduction(node, OnnxOpType::kReduceSum, std::get<ReduceSum>(node.op).axes, 13, to);
  return {};
}

Status lower_softmax(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kSoftmax, to.names(node.inputs), {{"axis", std::get<Softmax>(node.op).axis}});
  return {};
}

Status lower_top_k(const Node& node, Lowering& to) {
  const auto& top = std::get<TopK>(node.op);
  TRY(k, to.sizes().size(top.k));
  to.node(node, OnnxOpType::kTopK, {to.name(node.inputs[0]), std::move(k)},
          {{"axis", top.axis}, {"largest", int64_t{1}}, {"sorted", int64_t{1}}});
  return {};
}

}  // namespace modelport
