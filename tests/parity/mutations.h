#pragma once

#include <string>
#include <vector>

#include "graph/graph.h"

namespace modelport {

/// A graph with one thing wrong, as a misreading of the framework would make it wrong.
struct Mutant {
  std::string node;    ///< Path and operator: "model.2.cv1 Conv".
  std::string change;  ///< "padding shifted by one"
  Graph graph;
};

/// Every mutant of one node that is still a well-typed graph.
std::vector<Mutant> mutants_of(const Graph& graph, NodeId node);

}  // namespace modelport
