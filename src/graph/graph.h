#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/op.h"
#include "graph/weight_recipe.h"

namespace modelport {

enum class ValueId : uint32_t {};
enum class NodeId : uint32_t {};

/// What inference knows of a value.
struct ValueType {
  DType dtype = DType::kFloat32;
  SymbolicShape shape;
  friend bool operator==(const ValueType&, const ValueType&) = default;
};

/// One SSA value: an input, a constant (then `constant` is set) or an output of one node.
struct Value {
  ValueType type;
  std::optional<WeightRecipe> constant;
};

/// In what precision a node may be computed: kFloat32 stays out of half precision (pixel coordinates: float16 is spaced
/// 0.5 above 512).
enum class Numerics : uint8_t { kAny, kFloat32 };

/// One application of an operator. `path` is the module of the checkpoint that it translates ("model.0.conv"), for
/// messages.
struct Node {
  Op op;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::string path;
  Numerics numerics = Numerics::kAny;
};

struct NamedValue {
  std::string name;
  ValueId value;
};

/// A network in SSA form. `nodes` is in topological order; every value is defined once. `probes` are inner values worth
/// comparing (logits before sigmoid, boxes before TopK): passes keep them alive and map them like outputs, artifacts do
/// not declare them.
struct Graph {
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<NamedValue> inputs;
  std::vector<NamedValue> outputs;
  std::vector<NamedValue> probes;

  Value& operator[](ValueId id) { return values[static_cast<size_t>(id)]; }
  const Value& operator[](ValueId id) const { return values[static_cast<size_t>(id)]; }
  Node& operator[](NodeId id) { return nodes[static_cast<size_t>(id)]; }
  const Node& operator[](NodeId id) const { return nodes[static_cast<size_t>(id)]; }
};

/// Producer of each value, by value index; nothing for inputs and constants.
std::vector<std::optional<NodeId>> producers(const Graph& graph);
/// Nodes that read each value, by value index, in order, one entry per operand; outputs and probes are not counted.
std::vector<std::vector<NodeId>> consumers(const Graph& graph);

/// Structure only: ids in range, each value defined once and before use, constants not produced by nodes, names of
/// inputs, outputs and probes unique. kInternal with the node's path on failure. (Types: ops/verify_types.h.)
Status verify_structure(const Graph& graph);

}  // namespace modelport
