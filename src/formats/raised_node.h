#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "formats/kept_boxes.h"
#include "ops/graph_builder.h"

namespace modelport {

/// What a name or a port of a file stands for: a value of the graph, a list of sizes, what suppression kept, or a
/// constant not yet asked for.
struct RaisedValue {
  std::optional<ValueId> value;
  std::optional<std::vector<Dim>> sizes;
  const WeightRecipe* constant = nullptr;
  std::optional<KeptBoxes> kept_boxes;

  /// A constant; a short list of integers is sizes too.
  void set_constant(const WeightRecipe& data);
};

/// The node of a file that is being raised, its inputs in terms of the graph. Each format derives one, which adds its
/// attributes. What an input is not is kUnsupportedModel.
class RaisedNode {
 public:
  RaisedNode() = default;
  RaisedNode(RaisedNode&&) = default;
  virtual ~RaisedNode() = default;

  GraphBuilder& builder() { return builder_; }
  const GraphBuilder& builder() const { return builder_; }

  virtual size_t input_count() const = 0;
  /// An input as a value of the graph.
  virtual Result<ValueId> value(size_t index) = 0;
  Result<std::vector<ValueId>> values(size_t count);
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
  /// An input that is what suppression kept, or null.
  const KeptBoxes* kept_boxes(size_t index) const;
  /// An axis of a value of this rank, made positive; `what` names it in the error.
  Result<int64_t> axis_of(int64_t axis, size_t rank, std::string_view what) const;

  void define(size_t index, ValueId value) { output(index).value = value; }
  void define_sizes(std::vector<Dim> sizes) { output(0).sizes = std::move(sizes); }
  void define_kept_boxes(KeptBoxes boxes) { output(0).kept_boxes = boxes; }

  virtual Error unsupported(std::string_view what) const = 0;

 protected:
  /// Null where the node does not have it, or nothing defined it.
  virtual const RaisedValue* input(size_t index) const = 0;
  virtual RaisedValue& output(size_t index) = 0;

  GraphBuilder builder_;
};

/// Two lists of sizes, element by element; a list of one is repeated. Nothing where an input is no such list.
std::optional<std::vector<Dim>> on_sizes(const RaisedNode& from, Dim (*f)(const Dim&, const Dim&));
/// kUnsupportedModel where an input is no list of sizes.
Status raise_on_sizes_only(RaisedNode& from, Dim (*f)(const Dim&, const Dim&));

/// Lists of sizes behind one another, if that is what all inputs are; then its output is defined.
bool raise_concat_of_sizes(RaisedNode& from);
/// Sizes at constant places of a list, if that is what the inputs are; then its output is defined.
Result<bool> raise_gather_of_sizes(RaisedNode& from);

/// What a new size of 0 means to a Reshape.
enum class ZeroSize { kCopiesTheAxis, kIsZero };
/// The shape that `target` stands for in a Reshape of `from`'s first input; -1 is what the others leave.
Result<SymbolicShape> reshaped_shape(const RaisedNode& from, const SymbolicShape& in, std::vector<Dim> target,
                                     ZeroSize zero);

/// The end of a slice of an axis of this size, which may be written as a number beyond every size.
Dim slice_end(const Dim& end, const Dim& size);

}  // namespace modelport
