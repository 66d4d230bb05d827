#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ops/graph_builder.h"
#include "reference/interpreter.h"
#include "run_pass.h"

namespace modelport {
namespace {

std::vector<float> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-1, 1);
  std::vector<float> out(count);
  std::generate(out.begin(), out.end(), [&] { return values(random); });
  return out;
}

Graph merged(const Graph& graph) { return run_pass("merge_parallel_convolutions", graph); }

size_t convolutions(const Graph& graph) {
  return static_cast<size_t>(
      std::ranges::count_if(graph.nodes, [](const Node& node) { return std::holds_alternative<Conv>(node.op); }));
}

/// A convolution of 4 channels in two groups.
struct Branch {
  Size2 kernel;
  Conv attributes;
  bool bias;
};

enum class Named { kNothing, kBranch };

Graph sum_of(const Branch& first, const Branch& second, Named named = Named::kNothing) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {1, 4, 9, 8}});
  std::vector<ValueId> results;
  uint32_t seed = 0;
  for (const Branch& branch : {first, second}) {
    const int64_t groups = branch.attributes.groups, inputs = 4 / groups;
    const size_t count = static_cast<size_t>(4 * inputs * branch.kernel[0] * branch.kernel[1]);
    const ValueId weight = b.floats({4, inputs, branch.kernel[0], branch.kernel[1]}, noise(count, ++seed));
    const std::optional<ValueId> bias = branch.bias ? std::optional(b.floats({4}, noise(4, ++seed))) : std::nullopt;
    results.push_back(b.conv(x, weight, bias, branch.attributes));
  }
  if (named == Named::kBranch) b.probe("branch", results[0]);
  b.output("y", b.add(results[0], results[1]));
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  return *std::move(graph);
}

void expect_same(const Graph& graph, const Graph& after) {
  const EvaluatedValue x{"x", DType::kFloat32, {1, 4, 9, 8}, noise(288, 99), {}, {}};
  EvaluationRequest before_request{graph, {x}}, after_request{after, {x}};
  before_request.precision = after_request.precision = EvaluationPrecision::kFloat64;
  const auto expected = evaluate(before_request), actual = evaluate(after_request);
  ASSERT_TRUE(expected && actual);
  ASSERT_EQ(actual->outputs[0].shape, expected->outputs[0].shape);
  for (size_t i = 0; i < expected->outputs[0].doubles.size(); ++i) {
    ASSERT_NEAR(actual->outputs[0].doubles[i], expected->outputs[0].doubles[i], 1e-12) << i;
  }
}

constexpr Branch kWide{{3, 3}, {.strides = {2, 1}, .pads = {1, 1, 1, 1}, .groups = 2}, true};
constexpr Branch kNarrow{{1, 1}, {.strides = {2, 1}, .groups = 2}, true};

TEST(MergeParallelConvolutions, MakesOneKernelOfTwo) {
  constexpr Branch kTall{{5, 1}, {.strides = {2, 1}, .pads = {2, 0, 2, 0}, .groups = 2}, false};
  constexpr Branch kLopsided{{3, 2}, {.strides = {2, 1}, .pads = {1, 0, 1, 1}, .groups = 2}, false};
  const std::pair<Branch, Branch> cases[] = {
      {kWide, kNarrow}, {kNarrow, kWide}, {kWide, kLopsided}, {kWide, kWide}, {kTall, kNarrow}};
  for (const auto& [first, second] : cases) {
    const Graph graph = sum_of(first, second), after = merged(graph);
    EXPECT_EQ(convolutions(after), 1u);
    EXPECT_EQ(after.nodes.size(), 1u);
    expect_same(graph, after);
  }
}

TEST(MergeParallelConvolutions, LeavesKernelsThatSlideDifferently) {
  Branch strided = kNarrow, grouped = kWide, dilated = kWide, shifted = kWide;
  strided.attributes = {.strides = {2, 1}, .pads = {0, 0, 0, 0}, .groups = 4};
  grouped.attributes.groups = 1;
  dilated.attributes.dilations = {2, 1};
  dilated.attributes.pads = {2, 1, 2, 1};
  shifted.attributes.pads = {2, 1, 0, 1};
  for (const Branch& other : {strided, grouped, dilated, shifted}) {
    const Graph graph = sum_of(kWide, other), after = merged(graph);
    EXPECT_EQ(convolutions(after), 2u);
    expect_same(graph, after);
  }
}

TEST(MergeParallelConvolutions, LeavesWhatIsCompared) {
  EXPECT_EQ(convolutions(merged(sum_of(kWide, kNarrow, Named::kBranch))), 2u);
}

}  // namespace
}  // namespace modelport
