#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/openvino/openvino_model.h"
#include "ops/graph_builder.h"

namespace modelport::openvino {

/// One layer being raised, and everything raised before it.
class Raising {
 public:
  explicit Raising(const OpenvinoModel& model) : model_(model) {}

  const OpenvinoModel& model() const { return model_; }
  GraphBuilder& builder() { return builder_; }
  void enter(uint32_t layer) { at_ = layer; }
  const OpenvinoLayer& layer() const { return model_.layers[at_]; }

  size_t input_count() const { return layer().inputs.size(); }
  /// An input as a value of the graph.
  Result<ValueId> value(size_t index);
  /// An input as a value of the graph in another shape of as many elements; a constant keeps being one.
  Result<ValueId> reshaped(size_t index, const SymbolicShape& shape);
  /// An input as a list of sizes, when it is one: a small integer constant or the result of size arithmetic. A number
  /// of rank 0 is a list of one.
  std::optional<std::vector<Dim>> sizes(size_t index) const;
  /// The same, required; `what` names it in the error.
  Result<std::vector<Dim>> required_sizes(size_t index, std::string_view what) const;
  /// An input that must be a list of integers.
  Result<std::vector<int64_t>> integers(size_t index, std::string_view what) const;
  /// An input that must be one integer.
  Result<int64_t> integer(size_t index, std::string_view what) const;
  /// An input that must be one size.
  Result<Dim> one_size(size_t index, std::string_view what) const;
  /// An input that must be a constant of floats.
  Result<std::vector<double>> constant_floats(size_t index, std::string_view what) const;
  /// An input that must be one axis of a value of this rank; made positive.
  Result<int64_t> axis(size_t index, size_t rank) const;

  std::string text_attribute(std::string_view name, std::string_view if_missing) const;
  Result<double> float_attribute(std::string_view name) const;
  Result<std::vector<int64_t>> ints_attribute(std::string_view name) const;
  /// An axis attribute, made positive for a value of this rank.
  Result<int64_t> axis_attribute(std::string_view name, size_t rank) const;
  bool flag(std::string_view name, std::string_view if_missing) const {
    return text_attribute(name, if_missing) == "true";
  }

  /// What NonMaxSuppression kept, on its way to a mask: as many rows as boxes, which a Graph has no value for.
  struct Selection {
    enum class Kind { kRows, kPlaces, kZeros, kOnes } kind;
    ValueId mask;  ///< 1 where kept, else 0.
  };
  /// An input as such, or null.
  const Selection* selection(size_t index) const;
  void define_selection(Selection selection);

  void define(size_t output, ValueId value);
  void define_sizes(std::vector<Dim> sizes);
  void define_constant();

  /// kDamaged where a declared output is not what was defined for it.
  Status require_declared_types() const;
  Error unsupported(std::string_view what) const;
  Result<ValueId> at(OpenvinoSource source);

 private:
  /// An output: a value of the graph, a list of sizes, a selection, or a constant not yet asked for.
  struct Raised {
    std::optional<ValueId> value;
    std::optional<std::vector<Dim>> sizes;
    const WeightRecipe* constant = nullptr;
    std::optional<Selection> selection;
  };
  const Raised* raised(size_t index) const;
  const std::string* attribute(std::string_view name) const;

  const OpenvinoModel& model_;
  GraphBuilder builder_;
  std::map<OpenvinoSource, Raised> raised_;
  uint32_t at_ = 0;
};

/// Reads the layer that `from` is at, and defines its outputs. One specialisation for every operation of openvino_op.h.
template <OpenvinoOpType kType>
Status raise(Raising& from);

}  // namespace modelport::openvino
