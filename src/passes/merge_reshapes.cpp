#include <algorithm>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

bool reinterprets(const Op& op) {
  return std::holds_alternative<SplitAxis>(op) || std::holds_alternative<MergeAxes>(op) ||
         std::holds_alternative<Reshape>(op);
}

}  // namespace

Result<Graph> merge_reshapes(const Graph& graph, PassContext&) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  const auto maker_reinterprets = [&](ValueId value) {
    const auto maker = makers[static_cast<size_t>(value)];
    return maker && reinterprets(graph[*maker].op);
  };
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (!reinterprets(node.op)) return Rewriter::Action::kCopy;
    const ValueId out = node.outputs[0];
    const auto& readers = users[static_cast<size_t>(out)];
    const bool feeds_only_reinterpretations =
        !readers.empty() &&
        std::all_of(readers.begin(), readers.end(), [&](NodeId reader) { return reinterprets(graph[reader].op); });
    if (feeds_only_reinterpretations && !is_named(graph, out)) {
      // Readers reinterpret this operand instead: their own output shape is all that counts.
      rewriter.replace(out, rewriter.map(node.inputs[0]));
      return Rewriter::Action::kReplaced;
    }
    if (!maker_reinterprets(node.inputs[0])) return Rewriter::Action::kCopy;
    rewriter.replace(out, rewriter.builder().reshape(rewriter.map(node.inputs[0]), graph[out].type.shape));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
