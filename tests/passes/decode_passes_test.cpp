#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "ops/graph_builder.h"
#include "reference/interpreter.h"
#include "run_pass.h"

namespace modelport {
namespace {

constexpr int64_t kWidth = 7;

std::vector<float> noise(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> values(-2, 2);
  std::vector<float> out(count);
  std::generate(out.begin(), out.end(), [&] { return values(random); });
  return out;
}

template <class T>
size_t count_of(const Graph& graph) {
  return static_cast<size_t>(
      std::ranges::count_if(graph.nodes, [](const Node& node) { return std::holds_alternative<T>(node.op); }));
}

void expect_same(const Graph& graph, const Graph& after, const Shape& shape) {
  const auto count = static_cast<size_t>(*element_count(shape));
  const EvaluatedValue x{"x", DType::kFloat32, shape, noise(count, 99), {}, {}};
  EvaluationRequest before_request{graph, {x}}, after_request{after, {x}};
  before_request.precision = after_request.precision = EvaluationPrecision::kFloat64;
  const auto expected = evaluate(before_request), actual = evaluate(after_request);
  ASSERT_TRUE(expected && actual);
  ASSERT_EQ(actual->outputs[0].shape, expected->outputs[0].shape);
  for (size_t i = 0; i < expected->outputs[0].doubles.size(); ++i) {
    ASSERT_NEAR(actual->outputs[0].doubles[i], expected->outputs[0].doubles[i], 1e-5) << i;
  }
}

Graph finished(GraphBuilder&& b) {
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  return *std::move(graph);
}

/// What a detector's head makes of 3 distributions over 5 bins.
struct Distributions {
  std::vector<int64_t> turn{0, 2, 1, 3};
  int64_t out_channels = 1;
  enum class Named { kNothing, kProbabilities } named = Named::kNothing;
  enum class Bias { kNone, kSome } bias = Bias::kNone;
};

Graph mean_of(const Distributions& form) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2, 15, kWidth}});
  const ValueId turned = b.permute(b.split_axis(x, 1, {3, 5}), form.turn);
  const ValueId probabilities = b.softmax(turned, 1);
  if (form.named == Distributions::Named::kProbabilities) b.probe("probabilities", probabilities);
  const int64_t channels = form.turn[1] == 2 ? 5 : 3;
  const ValueId weight =
      b.floats({form.out_channels, channels, 1, 1}, noise(static_cast<size_t>(form.out_channels * channels), 5));
  const std::optional<ValueId> bias =
      form.bias == Distributions::Bias::kSome ? std::optional(b.floats({1}, {0.5F})) : std::nullopt;
  b.output("y", b.merge_axes(b.conv(probabilities, weight, bias, {}), 1, 2));
  return finished(std::move(b));
}

TEST(MultiplyDistributions, MakesTheMeansOneProduct) {
  const Graph graph = mean_of({}), after = run_pass("multiply_distributions", graph);
  EXPECT_EQ(after.nodes.size(), 6u) << "turn, split, softmax, merge, product, turn";
  EXPECT_EQ(count_of<MatMul>(after), 1u);
  expect_same(graph, after, {2, 15, kWidth});
}

TEST(MultiplyDistributions, LeavesOtherForms) {
  using Named = Distributions::Named;
  using Bias = Distributions::Bias;
  for (const Distributions& form :
       {Distributions{.turn = {0, 1, 2, 3}}, Distributions{.out_channels = 2},
        Distributions{.named = Named::kProbabilities}, Distributions{.bias = Bias::kSome}}) {
    EXPECT_EQ(count_of<MatMul>(run_pass("multiply_distributions", mean_of(form))), 0u);
  }
}

/// Four rows, each a sum over six of x [N, 6, width].
ValueId four_rows(GraphBuilder& b, ValueId x) {
  return b.permute(b.matmul(b.permute(x, {0, 2, 1}), b.floats({6, 4}, noise(24, 1))), {0, 2, 1});
}

/// What is done with a product's four rows.
enum class Rows { kCentreAndSize, kCorners, kTurned, kWithProbe, kScaledByRow, kTooFew };

Graph rows_of(Rows form) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2, 6, kWidth}});
  const ValueId distances = four_rows(b, x);
  const ValueId anchors = b.floats({1, 2, kWidth}, noise(2 * kWidth, 2));
  if (form == Rows::kTooFew) {
    const std::vector<ValueId> sides = b.split(distances, 1, {2, 2});
    b.output("y", b.sub(sides[0], sides[1]));
    return finished(std::move(b));
  }
  const std::vector<ValueId> sides = b.split(distances, 1, {2, 2});
  const ValueId low = b.sub(anchors, sides[0]), high = b.add(sides[1], anchors);
  if (form == Rows::kWithProbe) b.probe("low", low);
  switch (form) {
    case Rows::kCentreAndSize:
    case Rows::kWithProbe:
      b.output("y", b.concat({b.div(b.add(low, high), b.scalar(2)), b.mul(b.sub(high, low), b.scalar(1.5))}, 1));
      break;
    case Rows::kTurned:
      b.output("y", b.concat({b.mul(low, b.unary(Cos{}, high)), high}, 1));
      break;
    case Rows::kScaledByRow:
      b.output("y", b.mul(b.concat({low, high}, 1), b.floats({1, 4, kWidth}, noise(4 * kWidth, 3))));
      break;
    default:
      b.output("y", b.concat({low, high}, 1));
  }
  return finished(std::move(b));
}

TEST(ComposeRows, MakesSumsAndPartsOneProductAndOneSum) {
  for (const Rows form : {Rows::kCentreAndSize, Rows::kCorners}) {
    const Graph graph = rows_of(form), after = run_pass("compose_rows", graph);
    EXPECT_EQ(after.nodes.size(), 4u) << "turn, product, turn, sum";
    expect_same(graph, after, {2, 6, kWidth});
  }
}

TEST(ComposeRows, StopsAtWhatIsNotLinearInTheRows) {
  const Graph graph = rows_of(Rows::kScaledByRow), after = run_pass("compose_rows", graph);
  EXPECT_EQ(after.nodes.size(), 5u) << "turn, product, turn, sum, and what scales each element on its own";
  expect_same(graph, after, {2, 6, kWidth});
}

TEST(ComposeRows, LeavesRowsThatOthersNeed) {
  for (const Rows form : {Rows::kTurned, Rows::kWithProbe, Rows::kTooFew}) {
    const Graph graph = rows_of(form), after = run_pass("compose_rows", graph);
    EXPECT_EQ(after.nodes.size(), graph.nodes.size());
    expect_same(graph, after, {2, 6, kWidth});
  }
}

TEST(ComposeRows, KeepsCoordinatesOutOfHalfPrecision) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {1, 6, kWidth}});
  const ValueId distances = four_rows(b, x);
  b.set_numerics(Numerics::kFloat32);
  const std::vector<ValueId> sides = b.split(distances, 1, {2, 2});
  b.output("y", b.concat({b.sub(b.floats({1, 2, kWidth}, noise(2 * kWidth, 2)), sides[0]), sides[1]}, 1));
  const Graph after = run_pass("compose_rows", finished(std::move(b)));
  ASSERT_EQ(after.nodes.size(), 4u);
  EXPECT_EQ(after.nodes[1].numerics, Numerics::kAny);
  EXPECT_EQ(after.nodes[3].numerics, Numerics::kFloat32);
}

}  // namespace
}  // namespace modelport
