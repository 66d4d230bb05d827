#include "graph/attributes.h"

#include <array>

#include "base/half.h"

namespace modelport {

namespace {

double rounded(double value, DType dtype) {
  std::array<float, 1> one = {static_cast<float>(value)};
  if (dtype == DType::kFloat16) round_to_half(one);
  return one[0];
}

}  // namespace

void round_attributes(Graph& graph) {
  for (Node& node : graph.nodes) {
    const bool of_values = std::holds_alternative<Clip>(node.op) || std::holds_alternative<Pad>(node.op);
    const DType dtype = of_values ? graph[node.inputs[0]].type.dtype : DType::kFloat32;
    for (const auto& [name, value] : real_attributes(node.op)) *value = rounded(*value, dtype);
  }
}

}  // namespace modelport
