#pragma once

#include <map>
#include <optional>
#include <set>

#include "formats/constant_pool.h"
#include "formats/openvino/lower/size_arithmetic.h"
#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

/// Collects the layers of an IR while a legal graph is walked in order. Layer names are derived from the module paths
/// of the checkpoint and unique: "model.0.conv/Convolution", its weight "model.0.conv.weight"; of the values only
/// the graph's inputs and outputs have names.
class Lowering {
 public:
  using Source = OpenvinoSource;
  using Attributes = std::vector<OpenvinoAttribute>;

  /// Declares the inputs.
  Lowering(const Graph& graph, OpenvinoModel& model);

  const Graph& graph() const { return graph_; }
  const ValueType& type(ValueId value) const { return graph_[value].type; }
  const SymbolicShape& shape(ValueId value) const { return graph_[value].type.shape; }

  /// The path that names what is emitted from now on; returns the previous one.
  std::string set_path(std::string path);

  /// The output that holds a value. A constant becomes a Const on first use, called after the operand's role.
  Source value(ValueId value, std::string_view role = "constant");
  std::vector<Source> values(const std::vector<ValueId>& values);
  /// The same in another shape of as many elements: a constant is stored in that shape.
  Source reshaped(ValueId value, std::string_view role, const Shape& shape);

  /// A Const that the graph does not have as it is needed.
  Source constant(std::string_view role, WeightRecipe data);
  /// A list of int64, shared by all who need the same.
  Source int64s(const std::vector<int64_t>& values);
  /// A number of rank 0, shared by all who need the same.
  Source scalar(double value, DType dtype);

  /// The layer that computes a graph node's outputs. `further` are outputs of the operation that nothing reads.
  void node(const Node& node, OpenvinoOpType type, std::vector<Source> inputs, Attributes attributes = {},
            const std::vector<OpenvinoType>& further = {});
  /// A layer for an inner value: its first output.
  Source inner(OpenvinoOpType type, std::vector<Source> inputs, OpenvinoType output, Attributes attributes = {},
               const std::vector<OpenvinoType>& further = {});
  /// The type of a value of the graph as a port has it.
  OpenvinoType port_type(ValueId value) const;

  /// Values that hold sizes which may vary: int64, [1] or [n].
  SizeLowering<EmitSizes>& sizes() { return sizes_; }
  /// One of rank 0.
  Result<Source> size_scalar(const Dim& dim);

  /// Results, one for each graph output, and the probes.
  void finish();

 private:
  std::string unique(std::string name);
  std::string layer_name(OpenvinoOpType type);
  uint32_t add(OpenvinoLayer layer);
  /// The recipe behind a constant, or behind a cast of one: a weight that is stored in another type than it is used in.
  struct Stored {
    WeightRecipe data;
    std::optional<DType> used_as;
  };
  std::optional<Stored> stored(ValueId value) const;
  /// Where the constant's bytes begin in the weights file; those of equal bytes share one place.
  uint64_t place(const WeightRecipe& data);
  Source emit(std::string_view role, WeightRecipe data, std::optional<DType> used_as);

  const Graph& graph_;
  OpenvinoModel& model_;
  SizeLowering<EmitSizes> sizes_;
  std::map<std::string, Source> size_scalars_;  ///< By Dim::text.
  ConstantPool pool_;
  std::vector<uint64_t> offsets_;  ///< By number of the pool.
  uint64_t weights_end_ = 0;
  std::string path_;
  std::set<std::string> used_;
  std::map<std::string, int> next_suffix_;
  std::vector<std::optional<NodeId>> made_by_;
  std::vector<std::optional<Source>> sources_;
  std::map<ValueId, std::string> output_names_;
  std::map<std::vector<int64_t>, Source> int64s_;
  std::map<std::pair<double, DType>, Source> scalars_;
};

/// Emits the layers of a graph node. One specialisation for every operator of NativeOperators (openvino_op.h). Source
/// of the forms: the operation specifications of opset1 to opset11 (docs.openvino.ai), and what OpenVINO's own
/// converter makes of the same PyTorch operators, which is what its CPU plugin fuses.
template <class Operator>
Status emit(const Node& node, Lowering& to);

}  // namespace modelport::openvino
