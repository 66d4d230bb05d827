#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace modelport {

/// Every real-valued attribute of an operator with its name, to be read and changed.
std::vector<std::pair<std::string_view, double*>> real_attributes(Op& op);
/// How many attributes an operator has, real-valued or not.
size_t attribute_count(const Op& op);

/// What files hold of a graph's attributes: bounds and padding rounded to the type of the values that they meet, every
/// other real number to float32, whatever a format could hold. Lowering writes these; the reference of a written file
/// computes with them.
void round_attributes(Graph& graph);

}  // namespace modelport
