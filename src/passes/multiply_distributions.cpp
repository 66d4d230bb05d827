#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// The mean of each of `groups` distributions over `bins`, as networks write it (Li et al., "Generalized Focal Loss",
/// 2020): bins become the channels of an image, a softmax over them, a convolution with the bins' values.
struct Means {
  ValueId logits;  ///< [N, groups bins, A]
  Dim groups, bins;
  const Node* conv;
};

/// The node that makes a value which one node alone reads, if it is one of these.
template <class T>
const Node* only_maker(const Graph& graph, ValueId value, const std::vector<std::optional<NodeId>>& makers,
                       const std::vector<std::vector<NodeId>>& users) {
  const auto index = static_cast<size_t>(value);
  if (!makers[index] || users[index].size() != 1 || is_named(graph, value)) return nullptr;
  const Node& node = graph[*makers[index]];
  return std::holds_alternative<T>(node.op) ? &node : nullptr;
}

/// One channel out, of all channels of its pixel.
bool is_weighted_sum(const Graph& graph, const Node& node) {
  const auto& conv = std::get<Conv>(node.op);
  const std::optional<WeightRecipe>& weight = graph[node.inputs[1]].constant;
  if (!weight || node.inputs.size() != 2 || conv.groups != 1) return false;
  const Shape& shape = weight->shape();
  return shape[0] == 1 && shape[2] == 1 && shape[3] == 1 && conv.strides == Size2{1, 1} && conv.pads == Pads2{};
}

std::optional<Means> match_means(const Graph& graph, const Node& node, const std::vector<std::optional<NodeId>>& makers,
                                 const std::vector<std::vector<NodeId>>& users) {
  const auto* merge = std::get_if<MergeAxes>(&node.op);
  if (merge == nullptr || merge->axis != 1 || merge->count != 2) return std::nullopt;
  const Node* conv = only_maker<Conv>(graph, node.inputs[0], makers, users);
  if (conv == nullptr || !is_weighted_sum(graph, *conv)) return std::nullopt;
  const Node* softmax = only_maker<Softmax>(graph, conv->inputs[0], makers, users);
  if (softmax == nullptr || std::get<Softmax>(softmax->op).axis != 1) return std::nullopt;
  const Node* turn = only_maker<Permute>(graph, softmax->inputs[0], makers, users);
  if (turn == nullptr || std::get<Permute>(turn->op).permutation != std::vector<int64_t>{0, 2, 1, 3})
    return std::nullopt;
  const Node* split = only_maker<SplitAxis>(graph, turn->inputs[0], makers, users);
  if (split == nullptr) return std::nullopt;
  const auto& [axis, sizes] = std::get<SplitAxis>(split->op);
  if (axis != 1 || sizes.size() != 2 || !sizes[0].is_constant() || !sizes[1].is_constant()) return std::nullopt;
  return Means{split->inputs[0], sizes[0], sizes[1], conv};
}

/// [groups bins, groups]: the bins' values in each column at its own distribution.
WeightRecipe block_diagonal(const WeightRecipe& weight, int64_t groups, int64_t bins) {
  const WeightRecipe column = weight.reshape({bins, 1});
  std::vector<WeightRecipe> columns;
  for (int64_t i = 0; i < groups; ++i) columns.push_back(column.pad({i * bins, 0}, {(groups - 1 - i) * bins, 0}));
  return WeightRecipe::concat(std::move(columns), 1);
}

}  // namespace

Result<Graph> multiply_distributions(const Graph& graph, PassContext&) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const Node& node = graph[id];
    const std::optional<Means> means = match_means(graph, node, makers, users);
    if (!means) return Rewriter::Action::kCopy;
    GraphBuilder& b = rewriter.builder();
    b.set_path(means->conv->path);
    b.set_numerics(means->conv->numerics);
    const WeightRecipe& weight = *graph[means->conv->inputs[1]].constant;
    const ValueId matrix = b.constant(block_diagonal(weight, *means->groups.constant(), *means->bins.constant()));
    // Bins last: softmax needs no transposition inside, and the constant stands on the right, where every engine takes
    // it.
    const ValueId rows = b.permute(rewriter.map(means->logits), {0, 2, 1});
    const ValueId by_group = b.split_axis(rows, 2, {means->groups, means->bins});
    const ValueId products = b.matmul(b.merge_axes(b.softmax(by_group, 3), 2, 2), matrix);
    rewriter.replace(node.outputs[0], b.permute(products, {0, 2, 1}));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
