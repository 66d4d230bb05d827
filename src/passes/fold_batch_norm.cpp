#include <cmath>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// A convolution, or a transposed one, with constant weights whose only reader is a batch norm with constant
/// statistics.
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

bool is_convolution(const Node& node) {
  return std::holds_alternative<Conv>(node.op) || std::holds_alternative<ConvTranspose>(node.op);
}

/// The weights of a convolution with each output channel times its factor.
WeightRecipe scale_outputs(const WeightRecipe& weight, const Conv&, std::vector<double> factors) {
  return weight.scale_axis(0, std::move(factors));
}

/// The same of a transposed one, [in, out / groups, ...]: group g owns the g-th runs of inputs and of outputs.
WeightRecipe scale_outputs(const WeightRecipe& weight, const ConvTranspose& conv, std::vector<double> factors) {
  if (conv.groups == 1) return weight.scale_axis(1, std::move(factors));
  const Shape& shape = weight.shape();
  const int64_t inputs = shape[0] / conv.groups, outputs = shape[1], pixels = shape[2] * shape[3];
  const WeightRecipe by_output = weight.reshape({conv.groups, inputs, outputs, pixels})
                                     .permute({0, 2, 1, 3})
                                     .reshape({conv.groups * outputs, inputs, pixels});
  return by_output.scale_axis(0, std::move(factors))
      .reshape({conv.groups, outputs, inputs, pixels})
      .permute({0, 2, 1, 3})
      .reshape(shape);
}

ValueId emit(GraphBuilder& builder, ValueId x, ValueId weight, ValueId bias, const Conv& conv) {
  return builder.conv(x, weight, bias, conv);
}
ValueId emit(GraphBuilder& builder, ValueId x, ValueId weight, ValueId bias, const ConvTranspose& conv) {
  return builder.conv_transpose(x, weight, bias, conv);
}

/// y = (conv(x) + b - mean) * scale / sqrt(variance + epsilon) + bias, as one convolution. The factors are computed in
/// float64.
template <class Convolution>
void emit_folded(Rewriter& rewriter, const Match& match, const Convolution& conv) {
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
  const ValueId weight =
      builder.constant(scale_outputs(*graph[match.conv->inputs[1]].constant, conv, std::move(factors)));
  // Held in float64, so that a float64 evaluation of the folded graph is that of the unfolded one.
  const ValueId shifts = builder.constant(
      WeightRecipe::source(Tensor::from_doubles({channels}, std::move(bias)), "literal").convert(DType::kFloat32));
  builder.set_path(match.conv->path);
  const ValueId folded = emit(builder, rewriter.map(match.conv->inputs[0]), weight, shifts, conv);
  rewriter.replace(match.norm->outputs[0], folded);
}

void fold(Rewriter& rewriter, const Match& match) {
  if (const auto* conv = std::get_if<Conv>(&match.conv->op)) return emit_folded(rewriter, match, *conv);
  emit_folded(rewriter, match, std::get<ConvTranspose>(match.conv->op));
}

}  // namespace

Result<Graph> fold_batch_norm(const Graph& graph, PassContext&) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  std::vector<std::optional<Match>> by_norm(graph.nodes.size());
  std::vector<bool> folded_conv(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& norm = graph.nodes[i];
    if (!std::holds_alternative<BatchNorm>(norm.op) || !all_constant(graph, norm.inputs)) continue;
    const ValueId between = norm.inputs[0];
    const auto maker = makers[static_cast<size_t>(between)];
    if (!maker || users[static_cast<size_t>(between)].size() != 1 || is_named(graph, between)) continue;
    const Node& conv = graph[*maker];
    if (!is_convolution(conv) || !all_constant(graph, conv.inputs)) continue;
    by_norm[i] = Match{&conv, &norm};
    folded_conv[static_cast<size_t>(*maker)] = true;
  }
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const auto index = static_cast<size_t>(id);
    if (folded_conv[index]) return Rewriter::Action::kDrop;
    if (!by_norm[index]) return Rewriter::Action::kCopy;
    fold(rewriter, *by_norm[index]);
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
