#include "passes/half_weights.h"

#include <algorithm>
#include <cmath>

#include "ops/rewriter.h"

namespace modelport {

namespace {

bool fits(const WeightRecipe& data) {
  const std::vector<float> elements = data.to_floats();
  return std::all_of(elements.begin(), elements.end(),
                     [](float element) { return std::abs(static_cast<double>(element)) <= kLargestHalf; });
}

bool is_weight(const Value& value) {
  return value.constant && value.type.dtype == DType::kFloat32 && value.constant->element_count() > 1;
}

}  // namespace

Result<Graph> half_weights(const Graph& graph) {
  std::vector<bool> stays(graph.values.size());
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) {
      if (node.numerics == Numerics::kFloat32) stays[static_cast<size_t>(input)] = true;
    }
  }
  Rewriter rewriter(graph);
  GraphBuilder& builder = rewriter.builder();
  std::vector<bool> seen(graph.values.size());
  return rewriter.run([&](NodeId id) {
    for (const ValueId input : graph[id].inputs) {
      const auto index = static_cast<size_t>(input);
      if (seen[index] || stays[index] || !is_weight(graph[input])) continue;
      seen[index] = true;
      const WeightRecipe& data = *graph[input].constant;
      if (!fits(data)) continue;
      const std::string outer = builder.set_path(graph[id].path);
      rewriter.replace(input, builder.cast(builder.constant(data.convert(DType::kFloat16)), DType::kFloat32));
      builder.set_path(outer);
    }
    return Rewriter::Action::kCopy;
  });
}

}  // namespace modelport
