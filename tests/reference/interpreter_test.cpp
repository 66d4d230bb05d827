#include "reference/interpreter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <random>

#include "base/half.h"
#include "io/interrupt.h"
#include "ops/graph_builder.h"
#include "reference/arena_plan.h"
#include "reference/compare.h"
#include "reference/photo_like_input.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

EvaluatedValue floats(Shape shape, std::vector<float> values) {
  return {"x", DType::kFloat32, std::move(shape), std::move(values), {}, {}};
}

EvaluationResult run(const EvaluationRequest& request) {
  auto result = evaluate(request);
  EXPECT_TRUE(result) << result.error().text();
  return *std::move(result);
}

Graph finish(GraphBuilder& b) {
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  return *std::move(graph);
}

TEST(Evaluate, EndsBetweenNodesWhenTheProcessIsAboutToEnd) {
  GraphBuilder b;
  b.output("y", b.unary(Relu{}, b.input("x", {DType::kFloat32, {2}})));
  const Graph graph = finish(b);
  ASSERT_TRUE(evaluate({graph, {floats({2}, {1, 2})}, {}}));
  const auto interrupted = [&] {
    request_interrupt();
    const auto result = evaluate({graph, {floats({2}, {1, 2})}, {}});
    ::_exit(!result && result.error().code == ErrorCode::kInterrupted ? 0 : 1);
  };
  EXPECT_EXIT(interrupted(), testing::ExitedWithCode(0), "");
}

TEST(ArenaPlan, NeverLetsLiveBuffersOverlap) {
  std::mt19937 random(7);
  for (int round = 0; round < 50; ++round) {
    std::vector<Lifetime> lifetimes;
    for (int i = 0; i < 60; ++i) {
      const size_t first = random() % 40;
      lifetimes.push_back({random() % 1000, first, first + random() % 10});
    }
    const ArenaPlan plan = plan_arena(lifetimes);
    size_t sum = 0;
    for (size_t a = 0; a < lifetimes.size(); ++a) {
      sum += lifetimes[a].bytes + 64;
      EXPECT_EQ(plan.offsets[a] % 64, 0u);
      EXPECT_LE(plan.offsets[a] + lifetimes[a].bytes, plan.bytes);
      for (size_t b = 0; b < a; ++b) {
        const bool live_together = lifetimes[a].first <= lifetimes[b].last && lifetimes[b].first <= lifetimes[a].last;
        const bool overlap = plan.offsets[a] < plan.offsets[b] + lifetimes[b].bytes &&
                             plan.offsets[b] < plan.offsets[a] + lifetimes[a].bytes;
        EXPECT_FALSE(live_together && overlap && lifetimes[a].bytes > 0 && lifetimes[b].bytes > 0);
      }
    }
    EXPECT_LT(plan.bytes, sum / 2);
  }
}

TEST(Interpreter, RoundsToTheDtypeOfEveryValue) {
  GraphBuilder b;
  const ValueId x = b.cast(b.input("x", {DType::kFloat32, {1}}), DType::kFloat16);
  const ValueId big = b.add(x, b.cast(b.scalar(0.25), DType::kFloat16));
  b.output("y", b.cast(big, DType::kFloat32));
  const Graph graph = finish(b);
  EXPECT_THAT(run({graph, {floats({1}, {2048.9f})}}).outputs[0].floats, ElementsAre(2048.0f));
  EvaluationRequest exact{graph, {floats({1}, {2048.9f})}};
  exact.precision = EvaluationPrecision::kFloat64;
  EXPECT_NEAR(run(exact).outputs[0].doubles[0], 2049.15, 1e-4);
}

/// Long enough to be rounded in several pieces, with a rest behind the vectors.
TEST(Interpreter, RoundsEveryElementOfALongValue) {
  constexpr int64_t kCount = 100'003;
  std::vector<float> x(kCount);
  for (size_t i = 0; i < x.size(); ++i) x[i] = 1e-8f * static_cast<float>(i * i) - 30.0f;
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    GraphBuilder b;
    b.output("y", b.cast(b.cast(b.input("x", {DType::kFloat32, {kCount}}), dtype), DType::kFloat32));
    const std::vector<float> y = run({finish(b), {floats({kCount}, x)}}).outputs[0].floats;
    for (size_t i = 0; i < x.size(); ++i) {
      const float expected = dtype == DType::kFloat16 ? float_from_half(half_from_float(x[i]))
                                                      : float_from_bfloat16(bfloat16_from_float(x[i]));
      ASSERT_EQ(y[i], expected) << i;
    }
  }
}

TEST(Interpreter, RoundsConstantsInFloat64OnlyWhenAsked) {
  GraphBuilder b;
  const ValueId weight =
      b.constant(WeightRecipe::source(Tensor::from_floats({1}, {0.1f}), "w").convert(DType::kFloat16));
  b.output("y", b.mul(b.input("x", {DType::kFloat16, {1}}), weight));
  const Graph graph = finish(b);
  EvaluationRequest request{graph, {floats({1}, {1.0f})}};
  request.precision = EvaluationPrecision::kFloat64;
  EXPECT_EQ(run(request).outputs[0].doubles[0], static_cast<double>(0.1f));
  request.constants = EvaluationRequest::Constants::kRounded;
  EXPECT_EQ(run(request).outputs[0].doubles[0], 0.0999755859375);
}

TEST(Interpreter, BindsSymbolsAndKeepsProbes) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {Dim::symbol("batch"), 2}});
  const ValueId doubled = b.add(x, x);
  b.probe("doubled", doubled);
  b.output("y", b.unary(Relu{}, doubled));
  const Graph graph = finish(b);
  const EvaluationResult result = run({graph, {floats({3, 2}, {1, -1, 2, -2, 3, -3})}, {{"batch", 3}}});
  EXPECT_THAT(result.outputs[0].floats, ElementsAre(2, 0, 4, 0, 6, 0));
  EXPECT_THAT(result.probes[0].floats, ElementsAre(2, -2, 4, -4, 6, -6));
  const auto unbound = evaluate({graph, {floats({3, 2}, {})}});
  EXPECT_FALSE(unbound);
  const auto misshapen = evaluate({graph, {floats({2, 2}, {1, 2, 3, 4})}, {{"batch", 3}}});
  ASSERT_FALSE(misshapen);
  EXPECT_EQ(misshapen.error().text(), "input x is [3, 2], [2, 2] is given");
}

TEST(Interpreter, MeasuresMagnitudes) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2}});
  const ValueId large = b.mul(x, b.scalar(-1e5));
  const ValueId infinite = b.unary(Exp{}, b.mul(large, b.scalar(-1.0)));
  b.output("y", infinite);
  const Graph graph = finish(b);
  EvaluationRequest request{graph, {floats({2}, {1, 2})}};
  request.measure = EvaluationRequest::Measure::kMagnitudes;
  const EvaluationResult result = run(request);
  EXPECT_EQ(result.magnitudes[static_cast<size_t>(large)], 2e5);
  EXPECT_EQ(result.magnitudes[static_cast<size_t>(infinite)], std::numeric_limits<double>::infinity());
}

/// FNV-1a with the offset basis that the vectors were recorded with.
uint64_t fnv1a_of_pixels(const EvaluatedValue& image) {
  uint64_t hash = 1469598103934665603u;
  for (const float value : image.floats) hash = (hash ^ static_cast<uint8_t>(value * 255.0f + 0.5f)) * 0x100000001b3u;
  return hash;
}

TEST(Interpreter, ReplaysWhatAnotherEvaluationFoundAtTheProbes) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {4}});
  const ValueId scores = b.mul(x, b.scalar(2.0));
  b.probe("scores", scores);
  b.output("scores out", scores);
  b.output("best", b.topk(scores, 0, 1).values);
  const Graph graph = finish(b);
  const std::vector<EvaluatedValue> elsewhere = {floats({4}, {9, 1, 1, 1})};
  EvaluationRequest request{graph, {floats({4}, {1, 2, 3, 4})}, {}};
  EXPECT_THAT(run(request).outputs[1].floats, ElementsAre(8));
  request.replay = {elsewhere};
  const EvaluationResult replayed = run(request);
  EXPECT_THAT(replayed.outputs[1].floats, ElementsAre(9)) << "what reads the probe reads the other's";
  EXPECT_THAT(replayed.outputs[0].floats, ElementsAre(2, 4, 6, 8)) << "the probe is reported as computed";
  EXPECT_THAT(replayed.probes[0].floats, ElementsAre(2, 4, 6, 8));
  request.precision = EvaluationPrecision::kFloat64;
  EXPECT_THAT(run(request).outputs[1].doubles, ElementsAre(9));
  const std::vector<EvaluatedValue> other_shape = {floats({3}, {9, 1, 1})};
  request.replay = {other_shape};
  EXPECT_FALSE(evaluate(request));
}

TEST(Interpreter, ReplaysOnlyTheProbesThatAreAskedFor) {
  GraphBuilder b;
  const ValueId x = b.input("x", {DType::kFloat32, {2}});
  const ValueId first = b.mul(x, b.scalar(2.0));
  b.probe("first", first);
  const ValueId second = b.mul(first, b.scalar(10.0));
  b.probe("second", second);
  b.output("y", b.add(second, b.scalar(1.0)));
  const Graph graph = finish(b);
  const std::vector<EvaluatedValue> elsewhere = {floats({2}, {5, 6}), floats({2}, {7, 8})};
  const std::vector<size_t> only = {0};
  EvaluationRequest request{graph, {floats({2}, {1, 2})}, {}};
  request.replay = {elsewhere, only};
  const EvaluationResult replayed = run(request);
  EXPECT_THAT(replayed.probes[0].floats, ElementsAre(2, 4));
  EXPECT_THAT(replayed.probes[1].floats, ElementsAre(50, 60));
  EXPECT_THAT(replayed.outputs[0].floats, ElementsAre(51, 61));
  request.replay.only = {};
  EXPECT_THAT(run(request).outputs[0].floats, ElementsAre(8, 9));
}

TEST(PhotoLikeInput, HasTheRecordedPixels) {
  EXPECT_EQ(fnv1a_of_pixels(photo_like_input({1, 3, 128, 128}, 3)), 0xf346849cf153022eu);
  EXPECT_EQ(fnv1a_of_pixels(photo_like_input({1, 3, 640, 640}, 0)), 0x52e5056aa20e42c2u);
  EXPECT_EQ(fnv1a_of_pixels(photo_like_input({1, 3, 96, 160}, 7)), 0xf01d3a5633631a18u);
}

TEST(PhotoLikeInput, HoldsDifferentImagesInABatch) {
  const EvaluatedValue two = photo_like_input({2, 3, 32, 32}, 5);
  const EvaluatedValue second = photo_like_input({1, 3, 32, 32}, 6);
  EXPECT_TRUE(std::equal(second.floats.begin(), second.floats.end(), two.floats.begin() + 3 * 32 * 32));
}

const std::vector<IoSpec> kDetections = {
    {"y", "NCA", Role::kFeatures, {{"boxes", Role::kBoxesPx, 1, 0, 1}, {"scores", Role::kScores, 1, 1, 2}}}};

std::vector<Comparison> compare_rows(std::vector<float> reference, std::vector<float> actual,
                                     std::vector<double> at_least = {}) {
  const std::vector<EvaluatedValue> a = {floats({1, 2, 2}, std::move(reference))},
                                    b = {floats({1, 2, 2}, std::move(actual))};
  auto figures = compare(a, b, kDetections, {}, at_least);
  EXPECT_TRUE(figures);
  return *figures;
}

TEST(Compare, HoldsEveryChannelGroupToItsOwnLimit) {
  const auto figures = compare_rows({600, 300, 0.5f, 0.25f}, {600.01f, 300, 0.5f, 0.2501f});
  EXPECT_EQ(figures[0].verdict, Comparison::Verdict::kAgrees);
  EXPECT_NEAR(figures[0].max_difference, 0.01, 1e-4);
  EXPECT_EQ(figures[0].limit, 0.02);
  EXPECT_EQ(figures[1].verdict, Comparison::Verdict::kDiffers);
  EXPECT_EQ(figures[1].limit, 2e-5);
  EXPECT_EQ(figures[1].worst_index, "[0, 1, 1]");
}

TEST(Compare, IsNotFooledByNotANumber) {
  const float nan = std::nanf(""), infinity = std::numeric_limits<float>::infinity();
  EXPECT_FALSE(all_agree(compare_rows({1, 1, 0, 0}, {1, nan, 0, 0})));
  EXPECT_FALSE(all_agree(compare_rows({1, nan, 0, 0}, {1, 1, 0, 0})));
  EXPECT_FALSE(all_agree(compare_rows({1, infinity, 0, 0}, {1, infinity, 0, 0})));
}

TEST(Compare, TakesTheLargerOfTwoLimits) {
  EXPECT_TRUE(all_agree(compare_rows({100, 1, 0, 0}, {100.04f, 1, 0.0001f, 0}, {0.044, 1.2e-4})));
  EXPECT_FALSE(all_agree(compare_rows({100, 1, 0, 0}, {100.045f, 1, 0, 0}, {0.044, 1.2e-4})));
}

TEST(Compare, WidensCoordinatesByNoMoreThanAPartOfTheLargest) {
  const auto limit = [](float largest) {
    return compare_rows({largest, 1, 0, 0}, {largest, 1, 0, 0}, {9, 0})[0].limit;
  };
  EXPECT_EQ(limit(1), 0.02);
  EXPECT_NEAR(limit(600), 0.3, 1e-9);
  EXPECT_EQ(limit(50000), 1.5);
}

TEST(Compare, RefusesOtherShapes) {
  const std::vector<EvaluatedValue> a = {floats({1, 2, 2}, {1, 2, 3, 4})}, b = {floats({1, 4, 1}, {1, 2, 3, 4})};
  EXPECT_FALSE(compare(a, b, kDetections, {}));
  EXPECT_FALSE(compare(a, {}, kDetections, {}));
}

TEST(OwnError, IsPerGroup) {
  const std::vector<EvaluatedValue> f32 = {floats({1, 2, 1}, {1.5f, 0.25f})};
  const std::vector<EvaluatedValue> f64 = {{"y", DType::kFloat32, {1, 2, 1}, {}, {1.0, 0.125}, {}}};
  EXPECT_THAT(*own_error(f32, f64, kDetections), ElementsAre(0.5, 0.125));
}

}  // namespace
}  // namespace modelport
