#pragma once

#include <functional>

#include "ops/graph_builder.h"

namespace modelport {

/// Copies a graph node by node while a pass replaces some of them: the one way graphs change. For each node in order
/// `rewrite(id)` is asked; it returns false to have the node copied, or emits what replaces it with `builder()` and
/// says with `replace` what its outputs became.
class Rewriter {
 public:
  explicit Rewriter(const Graph& source);

  GraphBuilder& builder() { return builder_; }
  const Graph& source() const { return source_; }
  /// The new value for an old one. Inputs and constants are carried over on first use.
  ValueId map(ValueId old_value);
  std::vector<ValueId> map(const std::vector<ValueId>& old_values);
  void replace(ValueId old_value, ValueId new_value);

  enum class Action { kCopy, kReplaced };
  /// Runs over all nodes, then maps outputs and probes, drops values that nothing reads (dead code) and verifies.
  Result<Graph> run(const std::function<Action(NodeId)>& rewrite);

 private:
  const Graph& source_;
  GraphBuilder builder_;
  std::vector<std::optional<ValueId>> map_;
};

/// Whether the value is an output or a probe, which passes keep.
bool is_named(const Graph& graph, ValueId value);

/// The graph without nodes and constants that no output or probe needs.
Graph without_dead_code(Graph graph);

}  // namespace modelport
