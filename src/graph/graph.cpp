#include "graph/graph.h"

#include <set>
#include <string_view>

namespace modelport {

std::vector<std::optional<NodeId>> producers(const Graph& graph) {
  std::vector<std::optional<NodeId>> by_value(graph.values.size());
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const ValueId output : graph.nodes[node].outputs) by_value[static_cast<size_t>(output)] = NodeId(node);
  }
  return by_value;
}

std::vector<std::vector<NodeId>> consumers(const Graph& graph) {
  std::vector<std::vector<NodeId>> by_value(graph.values.size());
  for (size_t node = 0; node < graph.nodes.size(); ++node) {
    for (const ValueId input : graph.nodes[node].inputs) by_value[static_cast<size_t>(input)].push_back(NodeId(node));
  }
  return by_value;
}

namespace {

/// Which values have a definition so far.
class Definitions {
 public:
  explicit Definitions(const Graph& graph) : defined_(graph.values.size()) {}

  Status define(ValueId value, std::string_view by) {
    const auto index = static_cast<size_t>(value);
    if (index >= defined_.size())
      return fail(ErrorCode::kInternal, "{} defines value {}, which does not exist", by, index);
    if (defined_[index]) return fail(ErrorCode::kInternal, "{} defines value {} a second time", by, index);
    defined_[index] = true;
    return {};
  }

  Status require(ValueId value, std::string_view by) const {
    const auto index = static_cast<size_t>(value);
    if (index >= defined_.size())
      return fail(ErrorCode::kInternal, "{} reads value {}, which does not exist", by, index);
    if (!defined_[index]) return fail(ErrorCode::kInternal, "{} reads value {} before it is defined", by, index);
    return {};
  }

  Status require_all() const {
    for (size_t index = 0; index < defined_.size(); ++index) {
      if (!defined_[index]) return fail(ErrorCode::kInternal, "value {} is never defined", index);
    }
    return {};
  }

 private:
  std::vector<bool> defined_;
};

Status require_unique_names(const Graph& graph) {
  std::set<std::string_view> names;
  for (const auto* list : {&graph.inputs, &graph.outputs, &graph.probes}) {
    for (const NamedValue& named : *list) {
      if (named.name.empty()) return fail(ErrorCode::kInternal, "an input, output or probe has no name");
      if (!names.insert(named.name).second) {
        return fail(ErrorCode::kInternal, "the name '{}' is used twice among inputs, outputs and probes", named.name);
      }
    }
  }
  return {};
}

Status require_constants_fit(const Graph& graph) {
  for (size_t index = 0; index < graph.values.size(); ++index) {
    const Value& value = graph.values[index];
    if (!value.constant) continue;
    const ValueType actual{value.constant->dtype(), symbolic(value.constant->shape())};
    if (!(value.type == actual)) {
      return fail(ErrorCode::kInternal, "value {} is declared {}{}, its constant is {}{}", index,
                  dtype_name(value.type.dtype), shape_text(value.type.shape), dtype_name(actual.dtype),
                  shape_text(actual.shape));
    }
  }
  return {};
}

}  // namespace

Status verify_structure(const Graph& graph) {
  Definitions definitions(graph);
  for (size_t index = 0; index < graph.values.size(); ++index) {
    if (graph.values[index].constant) CHECK_OK(definitions.define(ValueId(index), "a constant"));
  }
  for (const NamedValue& input : graph.inputs) CHECK_OK(definitions.define(input.value, "input " + input.name));
  for (const Node& node : graph.nodes) {
    for (const ValueId input : node.inputs) CHECK_OK(definitions.require(input, "the node").in(node.path));
    for (const ValueId output : node.outputs) CHECK_OK(definitions.define(output, "the node").in(node.path));
  }
  for (const NamedValue& output : graph.outputs) CHECK_OK(definitions.require(output.value, "output " + output.name));
  for (const NamedValue& probe : graph.probes) CHECK_OK(definitions.require(probe.value, "probe " + probe.name));
  CHECK_OK(definitions.require_all());
  CHECK_OK(require_constants_fit(graph));
  return require_unique_names(graph);
}

}  // namespace modelport
