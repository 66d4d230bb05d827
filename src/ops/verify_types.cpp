#include "ops/verify_types.h"

#include <fmt/format.h>

#include "graph/text.h"

namespace modelport {

namespace {

std::string type_text(const ValueType& type) {
  return fmt::format("{}{}", dtype_name(type.dtype), shape_text(type.shape));
}

Status verify_node(const Graph& graph, const Node& node) {
  const OpInfo& info = op_info(node.op);
  const auto count = static_cast<int>(node.inputs.size());
  if (count < info.min_inputs || (info.max_inputs >= 0 && count > info.max_inputs)) {
    return fail(ErrorCode::kInternal, "{} does not take {} operands", op_name(node.op), count);
  }
  std::vector<ValueType> inputs;
  inputs.reserve(node.inputs.size());
  for (const ValueId input : node.inputs) inputs.push_back(graph[input].type);
  TRY(inferred, info.infer(node.op, inputs));
  if (inferred.size() != node.outputs.size()) {
    return fail(ErrorCode::kInternal, "{} has {} outputs, the node declares {}", op_name(node.op), inferred.size(),
                node.outputs.size());
  }
  for (size_t i = 0; i < inferred.size(); ++i) {
    const ValueType& declared = graph[node.outputs[i]].type;
    if (!(declared == inferred[i])) {
      return fail(ErrorCode::kInternal, "output {} of {} is declared {} but is {}", i, op_name(node.op),
                  type_text(declared), type_text(inferred[i]));
    }
  }
  return {};
}

}  // namespace

Status verify_graph(const Graph& graph) {
  CHECK_OK(verify_structure(graph));
  for (const Node& node : graph.nodes) {
    Status status = verify_node(graph, node);
    if (status) continue;
    Error error = std::move(status).error().in(node.path);
    error.code = ErrorCode::kInternal;
    return error;
  }
  return {};
}

}  // namespace modelport
