#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ops/graph_builder.h"
#include "reference/interpreter.h"
#include "run_pass.h"

namespace modelport {
namespace {

std::vector<float> noise(size_t count, uint32_t seed, float low, float high) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(low, high);
  std::vector<float> out(count);
  std::generate(out.begin(), out.end(), [&] { return values(random); });
  return out;
}

constexpr double kEpsilon = 1e-3;

struct ConvAndNorm {
  ValueId conv, norm;
};

/// 3 -> 5 channels with a bias; variances down to a fraction of epsilon.
ConvAndNorm add_layer(GraphBuilder& b, ValueId x) {
  const ValueId conv = b.conv(x, b.floats({5, 3, 3, 3}, noise(135, 1, -1, 1)), b.floats({5}, noise(5, 2, -3, 3)),
                              {.pads = {1, 1, 1, 1}});
  const ValueId norm =
      b.batch_norm(conv, b.floats({5}, noise(5, 3, 0.5, 2)), b.floats({5}, noise(5, 4, -1, 1)),
                   b.floats({5}, noise(5, 5, -2, 2)), b.floats({5}, {1e-4f, 1e-3f, 0.1f, 1.0f, 10.0f}), kEpsilon);
  return {conv, norm};
}

Graph finish(GraphBuilder& b) {
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  return *std::move(graph);
}

Graph folded(const Graph& graph) { return run_pass("fold_batch_norm", graph); }

template <class T>
size_t count_of(const Graph& graph) {
  return static_cast<size_t>(std::count_if(graph.nodes.begin(), graph.nodes.end(),
                                           [](const Node& node) { return std::holds_alternative<T>(node.op); }));
}

EvaluatedValue output(const Graph& graph, EvaluationPrecision precision) {
  EvaluationRequest request{graph, {{"x", DType::kFloat32, {1, 3, 6, 7}, noise(126, 9, -1, 1), {}, {}}}};
  request.precision = precision;
  auto result = evaluate(request);
  EXPECT_TRUE(result) << result.error().text();
  return std::move(result->outputs.at(0));
}

TEST(FoldBatchNorm, ComputesTheSameToTheLastDigitsOfEitherPrecision) {
  GraphBuilder b;
  b.output("y", add_layer(b, b.input("x", {DType::kFloat32, {1, 3, 6, 7}})).norm);
  const Graph graph = finish(b), after = folded(graph);
  EXPECT_EQ(count_of<BatchNorm>(after), 0u);
  EXPECT_EQ(count_of<Conv>(after), 1u);
  const EvaluatedValue expected = output(graph, EvaluationPrecision::kFloat64),
                       exact = output(after, EvaluationPrecision::kFloat64),
                       rounded = output(after, EvaluationPrecision::kFloat32);
  double largest = 1.0;
  for (const double value : expected.doubles) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < expected.doubles.size(); ++i) {
    EXPECT_NEAR(exact.doubles[i], expected.doubles[i], 1e-13 * largest);
    EXPECT_NEAR(rounded.floats[i], expected.doubles[i], 1e-5 * largest);
  }
}

/// Transposed convolutions hold [in, out / groups, ...]: the factors belong to another axis, of each group.
TEST(FoldBatchNorm, ComputesTheSameBehindATransposedConvolution) {
  for (const int64_t groups : {1, 3}) {
    GraphBuilder b;
    const ValueId x = b.input("x", {DType::kFloat32, {1, 3, 6, 7}});
    const ValueId wide = b.conv(x, b.floats({6, 3, 1, 1}, noise(18, 1, -1, 1)), std::nullopt, {});
    const int64_t channels = groups == 1 ? 5 : 6;
    const auto count = static_cast<size_t>(channels);
    const ValueId conv = b.conv_transpose(
        wide, b.floats({6, channels / groups, 3, 2}, noise(static_cast<size_t>(36 * channels / groups), 2, -1, 1)),
        b.floats({channels}, noise(count, 3, -3, 3)), {.strides = {2, 2}, .groups = groups});
    b.output("y",
             b.batch_norm(conv, b.floats({channels}, noise(count, 4, 0.5, 2)),
                          b.floats({channels}, noise(count, 5, -1, 1)), b.floats({channels}, noise(count, 6, -2, 2)),
                          b.floats({channels}, noise(count, 7, 0.001F, 3)), kEpsilon));
    const Graph graph = finish(b), after = folded(graph);
    EXPECT_EQ(count_of<BatchNorm>(after), 0u) << groups;
    EXPECT_EQ(count_of<ConvTranspose>(after), 1u) << groups;
    const EvaluatedValue expected = output(graph, EvaluationPrecision::kFloat64),
                         exact = output(after, EvaluationPrecision::kFloat64);
    ASSERT_EQ(exact.shape, expected.shape);
    for (size_t i = 0; i < expected.doubles.size(); ++i) {
      ASSERT_NEAR(exact.doubles[i], expected.doubles[i], 1e-11) << "groups " << groups << " at " << i;
    }
  }
}

TEST(FoldBatchNorm, LeavesAConvolutionThatIsReadTwice) {
  GraphBuilder b;
  const ConvAndNorm layer = add_layer(b, b.input("x", {DType::kFloat32, {1, 3, 6, 7}}));
  b.output("y", b.add(layer.conv, layer.norm));
  EXPECT_EQ(count_of<BatchNorm>(folded(finish(b))), 1u);
}

TEST(FoldBatchNorm, LeavesAConvolutionThatIsCompared) {
  GraphBuilder b;
  const ConvAndNorm layer = add_layer(b, b.input("x", {DType::kFloat32, {1, 3, 6, 7}}));
  b.probe("before", layer.conv);
  b.output("y", layer.norm);
  EXPECT_EQ(count_of<BatchNorm>(folded(finish(b))), 1u);
}

}  // namespace
}  // namespace modelport
