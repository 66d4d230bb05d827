#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "formats/openvino/openvino_model.h"
#include "formats/raised_node.h"

namespace modelport::openvino {

/// One layer being raised, and everything raised before it.
class Raising final : public RaisedNode {
 public:
  explicit Raising(const OpenvinoModel& model) : model_(model) {}

  const OpenvinoModel& model() const { return model_; }
  void enter(uint32_t layer) { at_ = layer; }
  const OpenvinoLayer& layer() const { return model_.layers[at_]; }

  size_t input_count() const override { return layer().inputs.size(); }
  Result<ValueId> value(size_t index) override;
  /// An input as a value of the graph in another shape of as many elements; a constant keeps being one.
  Result<ValueId> reshaped(size_t index, const SymbolicShape& shape);
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

  void define_constant() { output(0).set_constant(layer().data); }

  /// kDamaged where a declared output is not what was defined for it.
  Status require_declared_types() const;
  Error unsupported(std::string_view what) const override;
  Result<ValueId> at(OpenvinoSource source);

 private:
  const RaisedValue* input(size_t index) const override;
  RaisedValue& output(size_t index) override { return raised_[{at_, static_cast<uint32_t>(index)}]; }
  const std::string* attribute(std::string_view name) const;

  const OpenvinoModel& model_;
  std::map<OpenvinoSource, RaisedValue> raised_;
  uint32_t at_ = 0;
};

/// Reads the layer that `from` is at, and defines its outputs. One specialisation for every operation of openvino_op.h.
template <OpenvinoOpType kType>
Status raise(Raising& from);

}  // namespace modelport::openvino
