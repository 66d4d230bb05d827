#include "formats/legalize.h"

#include "graph/text.h"
#include "ops/rewriter.h"

namespace modelport {

namespace {

/// Decompositions use composite operators at most this many levels deep.
constexpr int kMaxRounds = 8;

Result<Graph> decompose_once(const Graph& graph, const std::function<OperatorSupport(const Op&)>& support) {
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (support(node.op).kind == Lower::kNative) return Rewriter::Action::kCopy;
    const std::vector<ValueId> inputs = rewriter.map(node.inputs);
    const std::vector<ValueId> outputs = op_info(node.op).decompose(node.op, inputs, rewriter.builder());
    for (size_t i = 0; i < outputs.size(); ++i) rewriter.replace(node.outputs[i], outputs[i]);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace

Result<Graph> legalize(const Graph& graph, std::string_view format,
                       const std::function<OperatorSupport(const Op&)>& support) {
  Graph current = graph;
  for (int round = 0; round < kMaxRounds; ++round) {
    bool legal = true;
    for (const Node& node : current.nodes) {
      const OperatorSupport its = support(node.op);
      if (its.kind == Lower::kNative) continue;
      if (its.kind == Lower::kRefuse || op_info(node.op).decompose == nullptr) {
        return fail(ErrorCode::kInvalidArgument, "{} cannot hold the operator {}: {}", format, op_name(node.op),
                    its.reason)
            .in(node.path);
      }
      legal = false;
    }
    if (legal) return current;
    TRY(next, decompose_once(current, support));
    current = std::move(next);
  }
  return fail(ErrorCode::kInternal, "operators still decompose into composite ones after {} rounds", kMaxRounds);
}

}  // namespace modelport
