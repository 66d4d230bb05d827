#pragma once

#include <map>
#include <optional>
#include <set>

#include "formats/onnx/lower/size_arithmetic.h"
#include "formats/onnx/onnx_model.h"
#include "ops/rewriter.h"

namespace modelport::onnx {

/// Collects the nodes and initializers of a file while a legal graph is walked in order. Names are derived from the
/// module paths of the checkpoint and unique: a node is "model.0.conv/Conv", its result has the same name, its weight
/// is "model.0.conv.weight"; graph inputs and outputs keep their own names.
class Lowering {
 public:
  Lowering(const Graph& graph, int64_t opset, OnnxModel& model);

  const Graph& graph() const { return graph_; }
  int64_t opset() const { return opset_; }
  const ValueType& type(ValueId value) const { return graph_[value].type; }
  const SymbolicShape& shape(ValueId value) const { return graph_[value].type.shape; }
  /// Whether a node reads the value, or it is an output or a probe.
  bool is_used(ValueId value) const { return !users(value).empty() || is_named(graph_, value); }
  /// The nodes that read it.
  const std::vector<NodeId>& users(ValueId value) const { return users_[static_cast<size_t>(value)]; }

  /// The path that names what is emitted from now on; returns the previous one.
  std::string set_path(std::string path);

  /// A value's name in the file. A constant becomes an initializer on first use, called after the operand's role.
  std::string name(ValueId value, std::string_view role = "constant");
  std::vector<std::string> names(const std::vector<ValueId>& values);

  /// A constant that the graph does not have as it is needed.
  std::string initializer(std::string_view role, WeightRecipe data);
  /// A list of int64, shared by all who need the same.
  std::string int64s(const std::vector<int64_t>& values);
  /// A number of rank 0, shared by all who need the same.
  std::string scalar(double value, DType dtype);

  /// The ONNX node that computes a graph node's outputs.
  void node(const Node& node, OnnxOpType type, std::vector<std::string> inputs,
            std::vector<OnnxAttribute> attributes = {});
  /// One that computes the `index`-th of a graph node's outputs alone.
  void output(const Node& node, size_t index, OnnxOpType type, std::vector<std::string> inputs,
              std::vector<OnnxAttribute> attributes = {});
  /// An ONNX node for an inner value; its name.
  std::string inner(OnnxOpType type, std::vector<std::string> inputs, std::vector<OnnxAttribute> attributes = {});

  /// Values that hold sizes which may vary: int64, [1] or [n].
  SizeLowering<EmitSizes>& sizes() { return sizes_; }

  /// Gives every graph output its own value: what is an input, a constant or two outputs at once goes through Identity.
  void finish_outputs();

 private:
  std::string unique(std::string name);
  std::string node_name(OnnxOpType type);

  const Graph& graph_;
  int64_t opset_;
  OnnxModel& model_;
  SizeLowering<EmitSizes> sizes_;
  std::string path_;
  std::set<std::string> used_;
  std::map<std::string, int> next_suffix_;
  std::vector<std::optional<std::string>> value_names_;
  std::vector<std::vector<NodeId>> users_;
  std::map<std::vector<int64_t>, std::string> int64s_;
  std::map<std::pair<double, DType>, std::string> scalars_;
};

/// Emits the ONNX form of a graph node. One specialisation for every operator of NativeOperators (onnx_op.h). Source of
/// the forms: onnx/onnx docs/Changelog.md, opsets 11 to 21.
template <class Operator>
Status emit(const Node& node, Lowering& to);

}  // namespace modelport::onnx
