#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"
#include "ops/graph_builder.h"

namespace modelport::onnx {

/// One node being raised, and everything raised before it.
class Raising {
 public:
  /// Declares the inputs and initializers.
  static Result<Raising> begin(const OnnxModel& model);

  GraphBuilder& builder() { return builder_; }
  int64_t opset() const { return model_.opset; }
  void enter(const OnnxNode& node) { node_ = &node; }
  const OnnxNode& node() const { return *node_; }

  /// Whether the node has this input (optional ones are left out by an empty name).
  bool has_input(size_t index) const;
  /// An input as a value of the graph.
  Result<ValueId> value(size_t index);
  /// An input as a list of sizes, when it is one: a small int64 constant or the result of size arithmetic.
  std::optional<std::vector<Dim>> sizes(size_t index) const;
  /// The same, required; `what` names it in the error.
  Result<std::vector<Dim>> required_sizes(size_t index, std::string_view what) const;
  /// An input that must be a constant of floats.
  Result<std::vector<double>> constant_floats(size_t index, std::string_view what) const;

  int64_t int_attribute(std::string_view name, int64_t if_missing) const;
  double float_attribute(std::string_view name, double if_missing) const;
  std::string string_attribute(std::string_view name, std::string_view if_missing) const;
  std::optional<std::vector<int64_t>> ints_attribute(std::string_view name) const;
  /// An axis attribute, made positive for a value of this rank.
  Result<int64_t> axis_attribute(std::string_view name, int64_t if_missing, size_t rank) const;

  /// What NonMaxSuppression kept, on its way to a mask: as many rows as boxes, which a Graph has no value for.
  struct Selection {
    enum class Kind { kRows, kPlaces, kZeros, kOnes } kind;
    ValueId mask;  ///< 1 where kept, else 0.
  };
  /// An input as such, or null.
  const Selection* selection(size_t index) const;
  void define_selection(Selection selection);

  void define(size_t output, ValueId value);
  void define_sizes(size_t output, std::vector<Dim> sizes);

  Error unsupported(std::string_view what) const;

  /// The value of this name, for outputs and probes.
  Result<ValueId> named(const std::string& name);

 private:
  explicit Raising(const OnnxModel& model) : model_(model) {}
  const OnnxAttribute* attribute(std::string_view name) const;

  /// A name of the file: a value of the graph, a list of sizes, or a constant not yet asked for.
  struct Raised {
    std::optional<ValueId> value;
    std::optional<std::vector<Dim>> sizes;
    const WeightRecipe* constant = nullptr;
    std::optional<Selection> selection;
  };

  const OnnxModel& model_;
  GraphBuilder builder_;
  std::map<std::string, Raised, std::less<>> values_;
  const OnnxNode* node_ = nullptr;
};

/// Reads the node that `from` is at, and defines its outputs. One specialisation for every operator of onnx_op.h.
template <OnnxOpType kType>
Status raise(Raising& from);

}  // namespace modelport::onnx
