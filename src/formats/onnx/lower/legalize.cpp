#include "formats/onnx/lower/lower_table.h"
#include "graph/text.h"
#include "ops/rewriter.h"

namespace modelport::onnx {

namespace {

/// Decompositions use composite operators at most this many levels deep.
constexpr int kMaxRounds = 8;

bool is_native(const Op& op, int64_t opset) {
  const LowerRow& row = kLowerTable[op.index()];
  return row.kind == Lower::kNative && row.since <= opset;
}

Status require_decomposition(const Node& node, int64_t opset) {
  const LowerRow& row = kLowerTable[node.op.index()];
  if (row.kind != Lower::kRefuse && op_info(node.op).decompose != nullptr) return {};
  if (row.kind == Lower::kNative) {
    Error error = fail(ErrorCode::kInvalidArgument, "the operator {} needs ONNX opset {}, and opset_version is {}",
                       op_name(node.op), row.since, opset);
    error.hint = fmt::format("opset_version = {}", row.since);
    return std::move(error).in(node.path);
  }
  return fail(ErrorCode::kInvalidArgument, "ONNX cannot hold the operator {}: {}", op_name(node.op), row.reason)
      .in(node.path);
}

Result<Graph> decompose_once(const Graph& graph, int64_t opset) {
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    if (is_native(node.op, opset)) return Rewriter::Action::kCopy;
    const std::string outer = rewriter.builder().set_path(node.path);
    const std::vector<ValueId> inputs = rewriter.map(node.inputs);
    const std::vector<ValueId> outputs = op_info(node.op).decompose(node.op, inputs, rewriter.builder());
    for (size_t i = 0; i < outputs.size(); ++i) rewriter.replace(node.outputs[i], outputs[i]);
    rewriter.builder().set_path(outer);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace

Result<Graph> legalize(const Graph& graph, int64_t opset) {
  Graph current = graph;
  for (int round = 0; round < kMaxRounds; ++round) {
    bool legal = true;
    for (const Node& node : current.nodes) {
      if (is_native(node.op, opset)) continue;
      CHECK_OK(require_decomposition(node, opset));
      legal = false;
    }
    if (legal) return current;
    TRY(next, decompose_once(current, opset));
    current = std::move(next);
  }
  return fail(ErrorCode::kInternal, "operators still decompose into composite ones after {} rounds", kMaxRounds);
}

}  // namespace modelport::onnx
