#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Decides per node whether it is computed in float16.
class Choice {
 public:
  Choice(const Graph& graph, std::span<const double> magnitudes, HalfReport& report)
      : graph_(graph), magnitudes_(magnitudes), report_(report), float32_value_(graph.values.size()) {}

  bool keeps_float32(const Node& node) {
    const std::string reason = reason_to_keep(node);
    if (reason.empty()) return false;
    for (const ValueId output : node.outputs) float32_value_[static_cast<size_t>(output)] = true;
    if (reported_.insert(node.path + reason).second)
      report_.kept_float32.push_back(fmt::format("{}: {}", node.path, reason));
    return true;
  }

 private:
  std::string reason_to_keep(const Node& node) {
    if (node.numerics == Numerics::kFloat32) return "pixel coordinates";
    for (const ValueId id : node.inputs) {
      if (float32_value_[static_cast<size_t>(id)] && !leaves_range(id)) return "reads pixel coordinates";
      if (leaves_range(id)) return fmt::format("reads values to {:.2g}", magnitude(id));
    }
    for (const ValueId id : node.outputs) {
      if (leaves_range(id)) return fmt::format("reaches {:.2g}", magnitude(id));
    }
    return "";
  }

  double magnitude(ValueId id) {
    const Value& value = graph_[id];
    if (!is_float(value.type.dtype)) return 0.0;
    if (!value.constant) return magnitudes_.empty() ? 0.0 : magnitudes_[static_cast<size_t>(id)];
    const auto known = constant_magnitude_.find(id);
    if (known != constant_magnitude_.end()) return known->second;
    double largest = 0.0;
    for (const float element : value.constant->to_floats())
      largest = std::max(largest, static_cast<double>(std::abs(element)));
    return constant_magnitude_[id] = largest;
  }

  bool leaves_range(ValueId id) { return magnitude(id) > kLargestHalf; }

  const Graph& graph_;
  std::span<const double> magnitudes_;
  HalfReport& report_;
  std::vector<bool> float32_value_;
  std::map<ValueId, double> constant_magnitude_;
  std::set<std::string> reported_;
};

/// Hands out the operands of the new graph in the dtype that a node wants, casting each value at most once.
class Operands {
 public:
  explicit Operands(Rewriter& rewriter) : rewriter_(rewriter) {}

  ValueId as(ValueId old_value, DType dtype) {
    const Value& source = rewriter_.source()[old_value];
    if (!is_float(source.type.dtype)) return rewriter_.map(old_value);
    if (source.constant) {
      return remember(constants_, old_value, dtype,
                      [&] { return rewriter_.builder().constant(source.constant->convert(dtype)); });
    }
    const ValueId mapped = rewriter_.map(old_value);
    if (rewriter_.builder().type(mapped).dtype == dtype) return mapped;
    return remember(casts_, old_value, dtype, [&] { return rewriter_.builder().cast(mapped, dtype); });
  }

 private:
  using Cache = std::map<std::pair<ValueId, DType>, ValueId>;
  template <class Make>
  static ValueId remember(Cache& cache, ValueId value, DType dtype, Make make) {
    const auto known = cache.find({value, dtype});
    if (known != cache.end()) return known->second;
    return cache[{value, dtype}] = make();
  }

  Rewriter& rewriter_;
  Cache constants_;
  Cache casts_;
};

}  // namespace

Result<Graph> to_half(const Graph& graph, std::span<const double> magnitudes, HalfReport& report) {
  Choice choice(graph, magnitudes, report);
  Rewriter rewriter(graph);
  Operands operands(rewriter);
  std::set<ValueId> outputs;
  for (const NamedValue& output : graph.outputs) outputs.insert(output.value);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    const DType dtype = choice.keeps_float32(node) ? DType::kFloat32 : DType::kFloat16;
    GraphBuilder& builder = rewriter.builder();
    const std::string outer = builder.set_path(node.path);
    const Numerics outer_numerics = builder.set_numerics(node.numerics);
    std::vector<ValueId> inputs;
    for (const ValueId input : node.inputs) inputs.push_back(operands.as(input, dtype));
    Op op = node.op;
    if (auto* range = std::get_if<Range>(&op); range != nullptr && is_float(range->dtype)) range->dtype = dtype;
    if (auto* cast = std::get_if<Cast>(&op); cast != nullptr && is_float(cast->to)) cast->to = dtype;
    std::vector<ValueId> results = builder.emit(std::move(op), std::move(inputs));
    for (size_t i = 0; i < results.size(); ++i) {
      const ValueId old_value = node.outputs[i];
      const bool is_half_output = outputs.contains(old_value) && builder.type(results[i]).dtype == DType::kFloat16;
      rewriter.replace(old_value, is_half_output ? builder.cast(results[i], DType::kFloat32) : results[i]);
    }
    builder.set_path(outer);
    builder.set_numerics(outer_numerics);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
