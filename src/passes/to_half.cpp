#include <algorithm>
#include <map>
#include <set>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Hands out the operands of the new graph in the dtype that a node wants, casting each value at most once.
class Operands {
 public:
  explicit Operands(Rewriter& rewriter) : rewriter_(rewriter) {}

  ValueId as(ValueId old_value, NodePrecision precision) {
    const Value& source = rewriter_.source()[old_value];
    if (!is_float(source.type.dtype)) return rewriter_.map(old_value);
    const DType dtype = precision == NodePrecision::kFloat16 ? DType::kFloat16 : DType::kFloat32;
    GraphBuilder& builder = rewriter_.builder();
    if (!source.constant) {
      const ValueId mapped = rewriter_.map(old_value);
      if (builder.type(mapped).dtype == dtype) return mapped;
      return remember(casts_, old_value, dtype, [&] { return builder.cast(mapped, dtype); });
    }
    if (precision == NodePrecision::kFloat16Weights && is_weight(source))
      return remember(casts_, old_value, dtype, [&] { return decompressed(*source.constant); });
    return constant(old_value, dtype);
  }

 private:
  using Cache = std::map<std::pair<ValueId, DType>, ValueId>;
  template <class Make>
  static ValueId remember(Cache& cache, ValueId value, DType dtype, Make make) {
    const auto known = cache.find({value, dtype});
    if (known != cache.end()) return known->second;
    return cache[{value, dtype}] = make();
  }

  ValueId constant(ValueId old_value, DType dtype) {
    const WeightRecipe& data = *rewriter_.source()[old_value].constant;
    return remember(constants_, old_value, dtype, [&] { return rewriter_.builder().constant(data.convert(dtype)); });
  }

  /// A folded weight is the checkpoint's own, which often is float16 already, times float32 factors.
  ValueId decompressed(const WeightRecipe& data) {
    GraphBuilder& builder = rewriter_.builder();
    const auto scaled = data.as_scaled();
    const WeightRecipe& stored = scaled ? scaled->from : data;
    const ValueId weight = builder.cast(builder.constant(stored.convert(DType::kFloat16)), DType::kFloat32);
    if (!scaled) return weight;
    Shape shape(data.shape().size(), 1);
    shape[static_cast<size_t>(scaled->axis)] = static_cast<int64_t>(scaled->factors.size());
    // As a recipe, so that float64 sees the factors before they are rounded.
    const std::vector<float> ones(scaled->factors.size(), 1.0F);
    const WeightRecipe factors = WeightRecipe::source(Tensor::from_floats(std::move(shape), ones), "batch norm")
                                     .scale_axis(scaled->axis, scaled->factors);
    return builder.mul(weight, builder.constant(factors));
  }

  Rewriter& rewriter_;
  Cache constants_;
  Cache casts_;
};

}  // namespace

bool is_weight(const Value& value) {
  if (!value.constant || !is_float(value.type.dtype)) return false;
  return std::ranges::count_if(value.constant->shape(), [](int64_t size) { return size > 1; }) >= 2;
}

Result<Graph> to_half(const Graph& graph, std::span<const NodePrecision> nodes) {
  Rewriter rewriter(graph);
  Operands operands(rewriter);
  std::set<ValueId> outputs;
  for (const NamedValue& output : graph.outputs) outputs.insert(output.value);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    const NodePrecision precision = nodes[static_cast<size_t>(id)];
    const DType dtype = precision == NodePrecision::kFloat16 ? DType::kFloat16 : DType::kFloat32;
    GraphBuilder& builder = rewriter.builder();
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(operands.as(input, precision));
    Op op = node.op;
    if (auto* range = std::get_if<Range>(&op); range != nullptr && is_float(range->dtype)) range->dtype = dtype;
    if (auto* cast = std::get_if<Cast>(&op); cast != nullptr && is_float(cast->to)) cast->to = dtype;
    std::vector<ValueId> results = builder.emit(std::move(op), std::move(inputs));
    for (size_t i = 0; i < results.size(); ++i) {
      const ValueId old_value = node.outputs[i];
      const bool is_half_output = outputs.contains(old_value) && builder.type(results[i]).dtype == DType::kFloat16;
      rewriter.replace(old_value, is_half_output ? builder.cast(results[i], DType::kFloat32) : results[i]);
    }
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
