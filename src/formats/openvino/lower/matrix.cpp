#include <fmt/format.h>

#include "formats/openvino/lower/lowering.h"

namespace modelport::openvino {

namespace {

Lowering::Attributes transposes(bool b) { return {{"transpose_a", "false"}, {"transpose_b", b ? "true" : "false"}}; }

OpenvinoType number_type(const Lowering& to, ValueId like, const SymbolicShape& shape) {
  OpenvinoType type = to.port_type(like);
  type.shape.clear();
  for (const Dim& size : shape) type.shape.push_back(size.constant().value_or(-1));
  return type;
}

/// They stay as size 1.
Status reduction(const Node& node, Lowering& to, OpenvinoOpType type, const std::vector<int64_t>& axes) {
  to.node(node, type, {to.value(node.inputs[0]), to.int64s(axes)}, {{"keep_dims", "true"}});
  return {};
}

}  // namespace

template <>
Status emit<MatMul>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kMatMul, {to.value(node.inputs[0]), to.value(node.inputs[1], "weight")},
          transposes(false));
  return {};
}

template <>
Status emit<Linear>(const Node& node, Lowering& to) {
  std::vector<OpenvinoSource> inputs{to.value(node.inputs[0]), to.value(node.inputs[1], "weight")};
  if (node.inputs.size() == 2) {
    to.node(node, OpenvinoOpType::kMatMul, std::move(inputs), transposes(true));
    return {};
  }
  const OpenvinoSource product =
      to.inner(OpenvinoOpType::kMatMul, std::move(inputs), to.port_type(node.outputs[0]), transposes(true));
  const auto rank = to.shape(node.outputs[0]).size();
  Shape bias(rank, 1);
  bias.back() = *to.shape(node.inputs[2])[0].constant();
  to.node(node, OpenvinoOpType::kAdd, {product, to.reshaped(node.inputs[2], "bias", bias)},
          {{"auto_broadcast", "numpy"}});
  return {};
}

template <>
Status emit<Attention>(const Node& node, Lowering& to) {
  const SymbolicShape& query = to.shape(node.inputs[0]);
  const SymbolicShape& key = to.shape(node.inputs[1]);
  SymbolicShape of_weights = query;
  of_weights.back() = key[key.size() - 2];
  const OpenvinoType type = number_type(to, node.inputs[0], of_weights);
  const OpenvinoSource scale = to.scalar(std::get<Attention>(node.op).scale, type.dtype);
  OpenvinoSource weights =
      to.inner(OpenvinoOpType::kMatMul, {to.value(node.inputs[0]), to.value(node.inputs[1])}, type, transposes(true));
  weights = to.inner(OpenvinoOpType::kMultiply, {weights, scale}, type, {{"auto_broadcast", "numpy"}});
  weights = to.inner(OpenvinoOpType::kSoftMax, {weights}, type, {{"axis", fmt::format("{}", query.size() - 1)}});
  to.node(node, OpenvinoOpType::kMatMul, {weights, to.value(node.inputs[2])}, transposes(false));
  return {};
}

template <>
Status emit<LayerNorm>(const Node& node, Lowering& to) {
  const auto& norm = std::get<LayerNorm>(node.op);
  const OpenvinoType type = to.port_type(node.outputs[0]);
  std::vector<int64_t> axes;
  for (int64_t axis = -norm.axes; axis < 0; ++axis) axes.push_back(axis);
  const OpenvinoSource normal =
      to.inner(OpenvinoOpType::kMVN, {to.value(node.inputs[0]), to.int64s(axes)}, type,
               {{"normalize_variance", "true"}, {"eps", fmt::format("{}", norm.epsilon)}, {"eps_mode", "inside_sqrt"}});
  const OpenvinoSource scaled = to.inner(OpenvinoOpType::kMultiply, {normal, to.value(node.inputs[1], "weight")}, type,
                                         {{"auto_broadcast", "numpy"}});
  to.node(node, OpenvinoOpType::kAdd, {scaled, to.value(node.inputs[2], "bias")}, {{"auto_broadcast", "numpy"}});
  return {};
}

template <>
Status emit<Softmax>(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kSoftMax, to.values(node.inputs),
          {{"axis", fmt::format("{}", std::get<Softmax>(node.op).axis)}});
  return {};
}

template <>
Status emit<ReduceMean>(const Node& node, Lowering& to) {
  return reduction(node, to, OpenvinoOpType::kReduceMean, std::get<ReduceMean>(node.op).axes);
}

template <>
Status emit<ReduceMax>(const Node& node, Lowering& to) {
  return reduction(node, to, OpenvinoOpType::kReduceMax, std::get<ReduceMax>(node.op).axes);
}

template <>
Status emit<ReduceSum>(const Node& node, Lowering& to) {
  return reduction(node, to, OpenvinoOpType::kReduceSum, std::get<ReduceSum>(node.op).axes);
}

}  // namespace modelport::openvino
