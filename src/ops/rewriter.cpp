#include "ops/rewriter.h"

#include <algorithm>

namespace modelport {

namespace {

std::vector<ValueType> types_of_inputs(const Graph& graph) {
  std::vector<ValueType> types;
  for (const NamedValue& input : graph.inputs) types.push_back(graph[input.value].type);
  return types;
}

}  // namespace

Rewriter::Rewriter(const Graph& source) : Rewriter(source, types_of_inputs(source)) {}

Rewriter::Rewriter(const Graph& source, std::span<const ValueType> input_types)
    : source_(source), map_(source.values.size()) {
  for (size_t i = 0; i < source.inputs.size(); ++i) {
    const NamedValue& input = source.inputs[i];
    map_[static_cast<size_t>(input.value)] = builder_.input(input.name, input_types[i]);
  }
}

ValueId Rewriter::map(ValueId old_value) {
  std::optional<ValueId>& mapped = map_[static_cast<size_t>(old_value)];
  if (mapped) return *mapped;
  if (const auto& recipe = source_[old_value].constant) {
    mapped = builder_.constant(*recipe);
  } else {
    builder_.fail(fail(ErrorCode::kInternal, "value {} is read, but the rewrite did not say what it became",
                       static_cast<uint32_t>(old_value)));
    mapped = builder_.scalar(0);
  }
  return *mapped;
}

std::vector<ValueId> Rewriter::map(const std::vector<ValueId>& old_values) {
  std::vector<ValueId> values;
  values.reserve(old_values.size());
  for (const ValueId value : old_values) values.push_back(map(value));
  return values;
}

void Rewriter::replace(ValueId old_value, ValueId new_value) { map_[static_cast<size_t>(old_value)] = new_value; }

Result<Graph> Rewriter::run(const std::function<Action(NodeId)>& rewrite) {
  for (size_t index = 0; index < source_.nodes.size(); ++index) {
    const Node& node = source_.nodes[index];
    builder_.set_path(node.path);
    builder_.set_numerics(node.numerics);
    if (rewrite(NodeId(index)) != Action::kCopy) continue;
    const std::vector<ValueId> outputs = builder_.emit(node.op, map(node.inputs));
    for (size_t i = 0; i < node.outputs.size(); ++i) replace(node.outputs[i], outputs[i]);
  }
  for (const NamedValue& output : source_.outputs) builder_.output(output.name, map(output.value));
  for (const NamedValue& probe : source_.probes) builder_.probe(probe.name, map(probe.value));
  TRY(graph, std::move(builder_).finish());
  return without_dead_code(std::move(graph));
}

bool is_named(const Graph& graph, ValueId value) {
  const auto holds = [value](const NamedValue& named) { return named.value == value; };
  return std::ranges::any_of(graph.outputs, holds) || std::ranges::any_of(graph.probes, holds);
}

Graph without_dead_code(Graph graph) {
  std::vector<bool> live(graph.values.size());
  for (const auto* roots : {&graph.inputs, &graph.outputs, &graph.probes}) {
    for (const NamedValue& root : *roots) live[static_cast<size_t>(root.value)] = true;
  }
  std::vector<bool> keep(graph.nodes.size());
  for (size_t index = graph.nodes.size(); index-- > 0;) {
    const Node& node = graph.nodes[index];
    for (const ValueId output : node.outputs) keep[index] = keep[index] || live[static_cast<size_t>(output)];
    if (!keep[index]) continue;
    for (const ValueId output : node.outputs) live[static_cast<size_t>(output)] = true;
    for (const ValueId input : node.inputs) live[static_cast<size_t>(input)] = true;
  }

  if (std::ranges::find(live, false) == live.end() && std::ranges::find(keep, false) == keep.end()) return graph;

  Graph kept;
  std::vector<ValueId> renumbered(graph.values.size());
  for (size_t index = 0; index < graph.values.size(); ++index) {
    if (!live[index]) continue;
    renumbered[index] = ValueId(static_cast<uint32_t>(kept.values.size()));
    kept.values.push_back(std::move(graph.values[index]));
  }
  const auto renumber = [&](ValueId& value) { value = renumbered[static_cast<size_t>(value)]; };
  for (size_t index = 0; index < graph.nodes.size(); ++index) {
    if (!keep[index]) continue;
    Node& node = kept.nodes.emplace_back(std::move(graph.nodes[index]));
    for (ValueId& input : node.inputs) renumber(input);
    for (ValueId& output : node.outputs) renumber(output);
  }
  kept.inputs = std::move(graph.inputs);
  kept.outputs = std::move(graph.outputs);
  kept.probes = std::move(graph.probes);
  for (auto* list : {&kept.inputs, &kept.outputs, &kept.probes}) {
    for (NamedValue& named : *list) renumber(named.value);
  }
  return kept;
}

}  // namespace modelport
