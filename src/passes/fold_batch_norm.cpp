#include <cmath>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// A convolution with constant weights whose only reader is a batch norm with constant statistics.
struct Match {
  const Node* conv;
  const Node* norm;
};

bool all_constant(const Graph& graph, const std::vector<ValueId>& inputs) {
  for (size_t i = 1; i < inputs.size(); ++i) {
    if (!graph[inputs[i]].constant) return false;
  }
  return true;
}

bool is_root(const Graph& graph, ValueId value) {
  for (const NamedValue& output : graph.outputs) {
    if (output.value == value) return true;
  }
  for (const NamedValue& probe : graph.probes) {
    if (probe.value == value) return true;
  }
  return false;
}

/// y = (conv(x) + b - mean) * scale / sqrt(variance + epsilon) + bias, as one convolution. The factors are computed in
/// float64.
void emit_folded(Rewriter& rewriter, const Match& match) {
  const Graph& graph = rewriter.source();
  GraphBuilder& builder = rewriter.builder();
  const auto doubles = [&](size_t operand) { return graph[match.norm->inputs[operand]].constant->to_doubles(); };
  const std::vector<double> scale = doubles(1), shift = doubles(2), mean = doubles(3), variance = doubles(4);
  const std::optional<std::vector<double>> conv_bias =
      match.conv->inputs.size() > 2 ? std::optional(graph[match.conv->inputs[2]].constant->to_doubles()) : std::nullopt;
  const double epsilon = std::get<BatchNorm>(match.norm->op).epsilon;

  std::vector<double> factors(scale.size());
  std::vector<double> bias(scale.size());
  for (size_t channel = 0; channel < scale.size(); ++channel) {
    factors[channel] = scale[channel] / std::sqrt(variance[channel] + epsilon);
    const double before = conv_bias ? (*conv_bias)[channel] : 0.0;
    bias[channel] = shift[channel] + (before - mean[channel]) * factors[channel];
  }
  const auto channels = static_cast<int64_t>(bias.size());
  const ValueId weight = builder.constant(graph[match.conv->inputs[1]].constant->scale_axis(0, std::move(factors)));
  // Held in float64, so that a float64 evaluation of the folded graph is that of the unfolded one.
  const ValueId shifts = builder.constant(
      WeightRecipe::source(Tensor::from_doubles({channels}, std::move(bias)), "literal").convert(DType::kFloat32));
  const std::string outer = builder.set_path(match.conv->path);
  const ValueId folded =
      builder.conv(rewriter.map(match.conv->inputs[0]), weight, shifts, std::get<Conv>(match.conv->op));
  builder.set_path(outer);
  rewriter.replace(match.norm->outputs[0], folded);
}

}  // namespace

Result<Graph> fold_batch_norm(const Graph& graph) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  std::vector<std::optional<Match>> by_norm(graph.nodes.size());
  std::vector<bool> folded_conv(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& norm = graph.nodes[i];
    if (!std::holds_alternative<BatchNorm>(norm.op) || !all_constant(graph, norm.inputs)) continue;
    const ValueId between = norm.inputs[0];
    const auto maker = makers[static_cast<size_t>(between)];
    if (!maker || users[static_cast<size_t>(between)].size() != 1 || is_root(graph, between)) continue;
    const Node& conv = graph[*maker];
    if (!std::holds_alternative<Conv>(conv.op) || !all_constant(graph, conv.inputs)) continue;
    by_norm[i] = Match{&conv, &norm};
    folded_conv[static_cast<size_t>(*maker)] = true;
  }
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const auto index = static_cast<size_t>(id);
    if (folded_conv[index]) return Rewriter::Action::kReplaced;
    if (!by_norm[index]) return Rewriter::Action::kCopy;
    emit_folded(rewriter, *by_norm[index]);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
