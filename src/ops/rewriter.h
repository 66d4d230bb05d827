#pragma once

#include <functional>
#include <span>

#include "ops/graph_builder.h"

namespace modelport {

/// Copies a graph node by node while a pass replaces some of them. For each node in order `rewrite(id)` is asked, with
/// the builder at the node's path and numerics; what replaces a node is emitted with `builder()`, and `replace` says
/// what its outputs became.
class Rewriter {
 public:
  explicit Rewriter(const Graph& source);
  /// With inputs of other types, in their order: `replace` says what reads of them become.
  Rewriter(const Graph& source, std::span<const ValueType> input_types);

  GraphBuilder& builder() { return builder_; }
  const Graph& source() const { return source_; }
  /// The new value for an old one. Inputs and constants are carried over on first use.
  ValueId map(ValueId old_value);
  std::vector<ValueId> map(const std::vector<ValueId>& old_values);
  void replace(ValueId old_value, ValueId new_value);

  enum class Action {
    kCopy,
    kReplaced,  ///< `replace` was called for every output that is read.
    kDrop,      ///< What read its outputs is replaced as well.
  };
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
