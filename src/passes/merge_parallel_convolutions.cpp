#include <algorithm>
#include <array>

#include "ops/rewriter.h"
#include "passes/pass.h"

namespace modelport {

namespace {

/// Two convolutions of one value, read by nothing but their sum.
struct Pair {
  const Node* wide;
  const Node* narrow;
};

bool has_constant_weights(const Graph& graph, const Node& conv) {
  for (size_t i = 1; i < conv.inputs.size(); ++i) {
    if (!graph[conv.inputs[i]].constant) return false;
  }
  return true;
}

Size2 kernel_of(const Graph& graph, const Node& conv) {
  const Shape& shape = graph[conv.inputs[1]].constant->shape();
  return {shape[2], shape[3]};
}

/// Whether the narrow kernel, with as many zeros around it as its padding is narrower, slides over the same pixels.
bool fits_inside(const Graph& graph, const Pair& pair) {
  const auto &outer = std::get<Conv>(pair.wide->op), &inner = std::get<Conv>(pair.narrow->op);
  if (pair.wide->inputs[0] != pair.narrow->inputs[0] || pair.wide->numerics != pair.narrow->numerics) return false;
  if (outer.strides != inner.strides || outer.groups != inner.groups) return false;
  const Size2 wide = kernel_of(graph, *pair.wide), narrow = kernel_of(graph, *pair.narrow);
  for (size_t axis = 0; axis < 2; ++axis) {
    if (outer.dilations[axis] != 1 || inner.dilations[axis] != 1) return false;
    const int64_t before = outer.pads[axis] - inner.pads[axis], after = outer.pads[axis + 2] - inner.pads[axis + 2];
    if (before < 0 || after < 0 || narrow[axis] + before + after != wide[axis]) return false;
  }
  return true;
}

std::optional<Pair> match(const Graph& graph, const Node& sum, const std::vector<std::optional<NodeId>>& makers,
                          const std::vector<std::vector<NodeId>>& users) {
  if (!std::holds_alternative<Add>(sum.op) || sum.inputs[0] == sum.inputs[1]) return std::nullopt;
  std::array<const Node*, 2> convs{};
  for (size_t i = 0; i < 2; ++i) {
    const auto index = static_cast<size_t>(sum.inputs[i]);
    if (!makers[index] || users[index].size() != 1 || is_named(graph, sum.inputs[i])) return std::nullopt;
    convs[i] = &graph[*makers[index]];
    if (!std::holds_alternative<Conv>(convs[i]->op) || !has_constant_weights(graph, *convs[i])) return std::nullopt;
  }
  for (const Pair pair : {Pair{convs[0], convs[1]}, Pair{convs[1], convs[0]}}) {
    if (fits_inside(graph, pair)) return pair;
  }
  return std::nullopt;
}

ValueId emit_merged(Rewriter& rewriter, const Pair& pair) {
  const Graph& graph = rewriter.source();
  GraphBuilder& builder = rewriter.builder();
  const auto &outer = std::get<Conv>(pair.wide->op), &inner = std::get<Conv>(pair.narrow->op);
  const auto constant = [&](const Node& conv, size_t operand) { return *graph[conv.inputs[operand]].constant; };
  std::vector<int64_t> before{0, 0}, after{0, 0};
  for (size_t axis = 0; axis < 2; ++axis) {
    before.push_back(outer.pads[axis] - inner.pads[axis]);
    after.push_back(outer.pads[axis + 2] - inner.pads[axis + 2]);
  }
  const ValueId weight = builder.constant(
      WeightRecipe::add(constant(*pair.wide, 1), constant(*pair.narrow, 1).pad(std::move(before), std::move(after))));
  std::optional<WeightRecipe> bias;
  for (const Node* conv : {pair.wide, pair.narrow}) {
    if (conv->inputs.size() < 3) continue;
    bias = bias ? WeightRecipe::add(*bias, constant(*conv, 2)) : constant(*conv, 2);
  }
  const std::optional<ValueId> shifts = bias ? std::optional(builder.constant(*bias)) : std::nullopt;
  return builder.conv(rewriter.map(pair.wide->inputs[0]), weight, shifts, outer);
}

}  // namespace

Result<Graph> merge_parallel_convolutions(const Graph& graph, PassContext&) {
  const auto users = consumers(graph);
  const auto makers = producers(graph);
  std::vector<std::optional<Pair>> by_sum(graph.nodes.size());
  std::vector<bool> merged(graph.nodes.size());
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    by_sum[i] = match(graph, graph.nodes[i], makers, users);
    if (!by_sum[i]) continue;
    for (const ValueId operand : graph.nodes[i].inputs) {
      merged[static_cast<size_t>(*makers[static_cast<size_t>(operand)])] = true;
    }
  }
  Rewriter rewriter(graph);
  return rewriter.run([&](NodeId id) {
    const auto index = static_cast<size_t>(id);
    if (merged[index]) return Rewriter::Action::kDrop;
    if (!by_sum[index]) return Rewriter::Action::kCopy;
    rewriter.replace(graph[id].outputs[0], emit_merged(rewriter, *by_sum[index]));
    return Rewriter::Action::kReplaced;
  });
}

}  // namespace modelport
