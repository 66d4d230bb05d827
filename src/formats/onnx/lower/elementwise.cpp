#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lower_functions.h"

namespace modelport {

Status lower_leaky_relu(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kLeakyRelu, to.names(node.inputs),
          {{"alpha", static_cast<float>(std::get<LeakyRelu>(node.op).slope)}});
  return {};
}

Status lower_elu(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kElu, to.names(node.inputs), {{"alpha", static_cast<float>(std::get<Elu>(node.op).alpha)}});
  return {};
}

Status lower_clip(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  const DType dtype = to.type(node.inputs[0]).dtype;
  to.node(node, OnnxOpType::kClip, {to.name(node.inputs[0]), to.scalar(clip.min, dtype), to.scalar(clip.max, dtype)});
  return {};
}

Status lower_hard_sigmoid(const Node& node, Lowering& to) {
  to.node(node, OnnxOpType::kHardSigmoid, to.names(node.inputs), {{"alpha", 1.0F / 6.0F}, {"beta", 0.5F}});
  return {};
}

Status lower_gelu(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, OnnxOpType::kGelu, to.names(node.inputs), {{"approximate", std::string(tanh ? "tanh" : "none")}});
  return {};
}

Status lower_cast(const Node& node, Lowering& to) {
  const uint64_t code = onnx_layout::data_type_code(std::get<Cast>(node.op).to);
  to.node(node, OnnxOpType::kCast, to.names(node.inputs), {{"to", static_cast<int64_t>(code)}});
  return {};
}

}  // namespace modelport
