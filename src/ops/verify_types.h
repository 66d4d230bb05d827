#pragma once

#include "ops/op_info.h"

namespace modelport {

/// verify_structure, then every node's inferred output types must equal the declared ones, and arity must fit.
/// kInternal with the path.
Status verify_graph(const Graph& graph);

/// The operator with every Dim replaced by its value.
Result<Op> concrete(const Op& op, const SymbolValues& symbols);

/// The graph for fixed sizes: every Dim replaced by its value.
Result<Graph> concrete(const Graph& graph, const SymbolValues& symbols);

}  // namespace modelport
