#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace modelport {

/// A convolution or matrix product and what follows it, up to the next one.
struct NetworkLayer {
  std::string name;           ///< The module of the first node: "model.0.conv".
  std::vector<NodeId> nodes;  ///< In order. Those that may not be computed in float16 (Numerics) are in no layer.
  int64_t weight_elements = 0;
  double multiplications = 0.0;
};

/// The layers of a graph in order. A weight that several layers read counts for the first.
Result<std::vector<NetworkLayer>> network_layers(const Graph& graph, const SymbolValues& symbols);

}  // namespace modelport
