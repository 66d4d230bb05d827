#pragma once

#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "ops/op_info.h"

namespace modelport {

/// Builds a Graph so that a translation reads like the network: `x = b.conv(x, w, bias, {.strides = {2, 2}});`. Every
/// call infers at once. The first error (with source location and module path) is kept; later calls return a
/// placeholder, and finish() reports it.
class GraphBuilder {
 public:
  using Location = std::source_location;

  GraphBuilder() = default;
  /// Goes on where a graph ended; its outputs and probes stay.
  explicit GraphBuilder(Graph graph) : graph_(std::move(graph)) {}

  ValueId input(std::string name, ValueType type);
  ValueId constant(WeightRecipe recipe);
  /// A float32 constant of rank 0.
  ValueId scalar(double value);
  ValueId floats(Shape shape, std::vector<float> values);

  /// Any operator; as many values as it has outputs.
  std::vector<ValueId> emit(Op op, std::vector<ValueId> inputs, Location where = Location::current());

  ValueId conv(ValueId x, ValueId weight, std::optional<ValueId> bias, Conv attributes,
               Location where = Location::current());
  ValueId batch_norm(ValueId x, ValueId scale, ValueId bias, ValueId mean, ValueId variance, double epsilon,
                     Location where = Location::current());
  ValueId max_pool(ValueId x, MaxPool attributes, Location where = Location::current());
  ValueId layer_norm(ValueId x, ValueId scale, ValueId bias, LayerNorm attributes,
                     Location where = Location::current());
  ValueId reduce_mean(ValueId x, std::vector<int64_t> axes, Location where = Location::current());
  ValueId matmul(ValueId a, ValueId b, Location where = Location::current());
  ValueId linear(ValueId x, ValueId weight, std::optional<ValueId> bias, Location where = Location::current());
  ValueId attention(ValueId q, ValueId k, ValueId v, double scale, Location where = Location::current());
  ValueId softmax(ValueId x, int64_t axis, Location where = Location::current());
  ValueId add(ValueId a, ValueId b, Location where = Location::current());
  ValueId sub(ValueId a, ValueId b, Location where = Location::current());
  ValueId mul(ValueId a, ValueId b, Location where = Location::current());
  ValueId div(ValueId a, ValueId b, Location where = Location::current());
  /// One-input elementwise operators: `b.unary(Silu{}, x)`.
  ValueId unary(Op op, ValueId x, Location where = Location::current());
  ValueId cast(ValueId x, DType to, Location where = Location::current());
  ValueId concat(std::vector<ValueId> parts, int64_t axis, Location where = Location::current());
  std::vector<ValueId> split(ValueId x, int64_t axis, std::vector<Dim> sizes, Location where = Location::current());
  ValueId slice(ValueId x, int64_t axis, Dim begin, Dim end, Location where = Location::current());
  ValueId permute(ValueId x, std::vector<int64_t> permutation, Location where = Location::current());
  ValueId split_axis(ValueId x, int64_t axis, std::vector<Dim> sizes, Location where = Location::current());
  ValueId merge_axes(ValueId x, int64_t axis, int64_t count, Location where = Location::current());
  ValueId reshape(ValueId x, SymbolicShape shape, Location where = Location::current());
  ValueId expand(ValueId x, SymbolicShape shape, Location where = Location::current());
  ValueId range(Dim size, DType dtype, Location where = Location::current());
  ValueId gather(ValueId x, ValueId indices, int64_t axis, Location where = Location::current());
  ValueId pad(ValueId x, Pad attributes, Location where = Location::current());
  ValueId resize(ValueId x, Resize attributes, Location where = Location::current());

  ValueId conv_transpose(ValueId x, ValueId weight, std::optional<ValueId> bias, ConvTranspose attributes,
                         Location where = Location::current());
  ValueId average_pool(ValueId x, AveragePool attributes, Location where = Location::current());
  ValueId reduce_max(ValueId x, std::vector<int64_t> axes, Location where = Location::current());
  ValueId reduce_sum(ValueId x, std::vector<int64_t> axes, Location where = Location::current());
  ValueId less(ValueId a, ValueId b, Location where = Location::current());
  ValueId where(ValueId condition, ValueId a, ValueId b, Location location = Location::current());
  ValueId gather_elements(ValueId x, ValueId indices, int64_t axis, Location where = Location::current());
  ValueId grid_sample(ValueId x, ValueId grid, Location where = Location::current());
  struct Top {
    ValueId values, indices;
  };
  Top topk(ValueId x, int64_t axis, Dim k, Location where = Location::current());

  /// Type of a value built so far; a scalar float32 for placeholders.
  const ValueType& type(ValueId value) const { return graph_[value].type; }
  const SymbolicShape& shape(ValueId value) const { return type(value).shape; }
  /// Size of one axis; 1 for placeholders.
  Dim dim(ValueId value, size_t axis) const;
  const Graph& graph() const { return graph_; }

  /// A further output, or another value for the output of this name.
  void output(std::string name, ValueId value);
  void probe(std::string name, ValueId value);

  /// The module path of nodes emitted from now on; returns the previous one.
  std::string set_path(std::string path);
  const std::string& path() const { return path_; }

  /// The numerics of nodes emitted from now on (kAny at first); returns the previous one.
  Numerics set_numerics(Numerics numerics);

  /// Records an error found by a translation itself; the first one wins.
  void fail(Error error);
  const std::optional<Error>& error() const { return error_; }

  /// The graph, structurally verified, or the first error.
  Result<Graph> finish() &&;

 private:
  std::vector<ValueId> placeholders(const Op& op);
  Graph graph_;
  std::string path_;
  Numerics numerics_ = Numerics::kAny;
  std::optional<Error> error_;
};

}  // namespace modelport
