#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/onnx/onnx_model.h"
#include "formats/raised_node.h"

namespace modelport::onnx {

/// One node being raised, and everything raised before it.
class Raising final : public RaisedNode {
 public:
  /// Declares the inputs and initializers.
  static Result<Raising> begin(const OnnxModel& model);

  int64_t opset() const { return model_.opset; }
  void enter(const OnnxNode& node) { node_ = &node; }
  const OnnxNode& node() const { return *node_; }

  /// Whether the node has this input (optional ones are left out by an empty name).
  bool has_input(size_t index) const;
  size_t input_count() const override { return node_->inputs.size(); }
  Result<ValueId> value(size_t index) override;

  int64_t int_attribute(std::string_view name, int64_t if_missing) const;
  double float_attribute(std::string_view name, double if_missing) const;
  std::string string_attribute(std::string_view name, std::string_view if_missing) const;
  std::optional<std::vector<int64_t>> ints_attribute(std::string_view name) const;
  /// An axis attribute, made positive for a value of this rank.
  Result<int64_t> axis_attribute(std::string_view name, int64_t if_missing, size_t rank) const;

  Error unsupported(std::string_view what) const override;

  /// The value of this name, for outputs and probes.
  Result<ValueId> named(const std::string& name);

 private:
  explicit Raising(const OnnxModel& model) : model_(model) {}
  const OnnxAttribute* attribute(std::string_view name) const;

  const RaisedValue* input(size_t index) const override;
  RaisedValue& output(size_t index) override { return values_[node_->outputs[index]]; }

  const OnnxModel& model_;
  std::map<std::string, RaisedValue, std::less<>> values_;
  const OnnxNode* node_ = nullptr;
};

/// Reads the node that `from` is at, and defines its outputs. One specialisation for every operator of onnx_op.h.
template <OnnxOpType kType>
Status raise(Raising& from);

}  // namespace modelport::onnx
