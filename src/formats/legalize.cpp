#include "formats/legalize.h"

#include "graph/text.h"
#include "ops/rewriter.h"

namespace modelport {

namespace {

/// Decompositions use composite operators at most this many levels deep.
constexpr int kMaxRounds = 8;

Status require_decomposition(const Node& node, const OperatorSet& set) {
  if (op_info(node.op).decompose != nullptr) return {};
  const std::optional<int64_t>& since = set.since[node.op.index()];
  if (!since) {
    return fail(ErrorCode::kInvalidArgument, "{} cannot hold the operator {}", set.format, op_name(node.op))
        .in(node.path);
  }
  Error error = fail(ErrorCode::kInvalidArgument, "the operator {} needs {} opset {}, and opset_version is {}",
                     op_name(node.op), set.format, *since, set.version);
  error.hint = fmt::format("opset_version = {}", *since);
  return std::move(error).in(node.path);
}

Result<Graph> decompose_once(const Graph& graph, const OperatorSet& set) {
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (set.has(node.op)) return Rewriter::Action::kCopy;
    const std::vector<ValueId> inputs = rewriter.map(node.inputs);
    const std::vector<ValueId> outputs = op_info(node.op).decompose(node.op, inputs, rewriter.builder());
    for (size_t i = 0; i < outputs.size(); ++i) rewriter.replace(node.outputs[i], outputs[i]);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace

Result<Graph> legalize(const Graph& graph, const OperatorSet& set) {
  Graph current = graph;
  for (int round = 0; round < kMaxRounds; ++round) {
    bool legal = true;
    for (const Node& node : current.nodes) {
      if (set.has(node.op)) continue;
      CHECK_OK(require_decomposition(node, set));
      legal = false;
    }
    if (legal) return current;
    TRY(next, decompose_once(current, set));
    current = std::move(next);
  }
  return fail(ErrorCode::kInternal, "operators still decompose into composite ones after {} rounds", kMaxRounds);
}

}  // namespace modelport
