#include "formats/openvino/layout.h"
#include "formats/openvino/lower/lower_functions.h"

namespace modelport::openvino::to_openvino {

Status div(const Node& node, Lowering& to) {
  // m_pythondiv rounds integers down; the catalogue's Div truncates.
  to.node(node, OpenvinoOpType::kDivide, to.values(node.inputs),
          {{"auto_broadcast", "numpy"}, {"m_pythondiv", is_float(to.type(node.outputs[0]).dtype) ? "true" : "false"}});
  return {};
}

Status leaky_relu(const Node& node, Lowering& to) {
  const Tensor slope = Tensor::from_doubles({1}, {std::get<LeakyRelu>(node.op).slope});
  const DType dtype = to.type(node.inputs[0]).dtype;
  to.node(node, OpenvinoOpType::kPRelu,
          {to.value(node.inputs[0]), to.constant("slope", WeightRecipe::source(slope, "slope").convert(dtype))});
  return {};
}

Status elu(const Node& node, Lowering& to) {
  to.node(node, OpenvinoOpType::kElu, to.values(node.inputs),
          {{"alpha", fmt::format("{}", std::get<Elu>(node.op).alpha)}});
  return {};
}

Status clip(const Node& node, Lowering& to) {
  const auto& clip = std::get<Clip>(node.op);
  to.node(node, OpenvinoOpType::kClamp, to.values(node.inputs),
          {{"min", fmt::format("{}", clip.min)}, {"max", fmt::format("{}", clip.max)}});
  return {};
}

Status gelu(const Node& node, Lowering& to) {
  const bool tanh = std::get<Gelu>(node.op).form == GeluForm::kTanh;
  to.node(node, OpenvinoOpType::kGelu, to.values(node.inputs), {{"approximation_mode", tanh ? "TANH" : "ERF"}});
  return {};
}

Status cast(const Node& node, Lowering& to) {
  // A weight stored in another type than it is used in is emitted where it is used.
  if (to.graph()[node.inputs[0]].constant) return {};
  const auto element = layout::element_type(std::get<Cast>(node.op).to);
  to.node(node, OpenvinoOpType::kConvert, to.values(node.inputs),
          {{"destination_type", std::string(element->attribute)}});
  return {};
}

}  // namespace modelport::openvino::to_openvino
