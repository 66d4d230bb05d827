#include <algorithm>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Whether the node returns its first operand unchanged.
bool is_identity(const Graph& graph, const Node& node) {
  if (node.inputs.empty() || node.outputs.size() != 1) return false;
  const ValueType& in = graph[node.inputs[0]].type;
  const ValueType& out = graph[node.outputs[0]].type;
  if (in.dtype != out.dtype || in.shape.size() != out.shape.size()) return false;
  for (size_t axis = 0; axis < in.shape.size(); ++axis) {
    if (!(in.shape[axis] == out.shape[axis])) return false;
  }
  if (const auto* permute = std::get_if<Permute>(&node.op)) {
    return std::is_sorted(permute->permutation.begin(), permute->permutation.end());
  }
  if (std::holds_alternative<Concat>(node.op) || std::holds_alternative<Split>(node.op)) return node.inputs.size() == 1;
  return std::holds_alternative<Cast>(node.op) || std::holds_alternative<Slice>(node.op) ||
         std::holds_alternative<SplitAxis>(node.op) || std::holds_alternative<MergeAxes>(node.op) ||
         std::holds_alternative<Reshape>(node.op) || std::holds_alternative<Expand>(node.op) ||
         std::holds_alternative<Resize>(node.op);
}

}  // namespace

Result<Graph> eliminate_identities(const Graph& graph, PassContext&) {
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (!is_identity(graph, node)) return Rewriter::Action::kCopy;
    rewriter.replace(node.outputs[0], rewriter.map(node.inputs[0]));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
