#include "export/network_layers.h"

#include <numeric>

#include "passes/pass.h"

namespace modelport {

namespace {

template <class... Ops>
bool is_any(const Op& op) {
  return (std::holds_alternative<Ops>(op) || ...);
}

bool multiplies(const Op& op) { return is_any<Conv, ConvTranspose, MatMul, Linear, Attention>(op); }

double product(const Shape& shape, size_t begin = 0) {
  return std::accumulate(shape.begin() + static_cast<std::ptrdiff_t>(begin), shape.end(), 1.0,
                         [](double a, int64_t b) { return a * static_cast<double>(b); });
}

/// What one application of the operator multiplies.
Result<double> multiplications(const Graph& graph, const Node& node, const SymbolValues& symbols) {
  if (!multiplies(node.op)) return 0.0;
  std::vector<Shape> inputs;
  for (const ValueId input : node.inputs) {
    TRY(shape, evaluate_shape(graph[input].type.shape, symbols));
    inputs.push_back(std::move(shape));
  }
  TRY(output, evaluate_shape(graph[node.outputs[0]].type.shape, symbols));
  if (is_any<Conv>(node.op)) return product(output) * product(inputs[1], 1);
  if (is_any<ConvTranspose>(node.op)) return product(inputs[0]) * product(inputs[1], 1);
  if (is_any<Attention>(node.op)) {
    const auto keys = static_cast<double>(inputs[1][inputs[1].size() - 2]);
    return keys * (product(inputs[0]) + product(output));
  }
  return product(output) * static_cast<double>(inputs[0].back());
}

}  // namespace

Result<std::vector<NetworkLayer>> network_layers(const Graph& graph, const SymbolValues& symbols) {
  std::vector<NetworkLayer> layers;
  std::vector<bool> counted(graph.values.size());
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    if (node.numerics == Numerics::kFloat32) continue;
    if (layers.empty() || multiplies(node.op)) layers.push_back({node.path, {}, 0, 0.0});
    NetworkLayer& layer = layers.back();
    layer.nodes.push_back(NodeId(static_cast<uint32_t>(index)));
    for (const ValueId input : node.inputs) {
      if (counted[static_cast<size_t>(input)] || !is_weight(graph[input])) continue;
      counted[static_cast<size_t>(input)] = true;
      layer.weight_elements += graph[input].constant->element_count();
    }
    TRY(of_node, multiplications(graph, node, symbols));
    layer.multiplications += of_node;
  }
  return layers;
}

}  // namespace modelport
