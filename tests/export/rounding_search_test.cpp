#include "export/rounding_search.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace modelport {
namespace {

/// Layers whose errors are independent: the sum of their squares.
struct Layers {
  std::vector<double> errors;
  int measurements = 0;

  Result<double> operator()(const std::vector<bool>& rounded) {
    ++measurements;
    double square = 0.0;
    for (size_t i = 0; i < errors.size(); ++i) square += rounded[i] ? errors[i] * errors[i] : 0.0;
    return std::sqrt(square);
  }
};

std::vector<bool> choose(Layers& layers, const std::vector<double>& cost, double target) {
  const auto chosen =
      choose_rounded(cost, target, 96, [&](const std::vector<bool>& rounded) { return layers(rounded); });
  EXPECT_TRUE(chosen);
  return *chosen;
}

TEST(RoundingSearch, LeavesOutTheOneLayerThatCosts) {
  Layers layers{std::vector<double>(60, 0.01)};
  layers.errors[37] = 3.0;
  const std::vector<bool> rounded = choose(layers, std::vector<double>(60, 1.0), 0.5);
  std::vector<bool> expected(60, true);
  expected[37] = false;
  EXPECT_EQ(rounded, expected);
}

TEST(RoundingSearch, LeavesOutWhatOverflows) {
  Layers layers{std::vector<double>(30, 0.01)};
  layers.errors[3] = std::numeric_limits<double>::infinity();
  EXPECT_FALSE(choose(layers, std::vector<double>(30, 1.0), 0.5)[3]);
}

TEST(RoundingSearch, PrefersToLeaveOutWhatIsCheap) {
  Layers layers{std::vector<double>(16, 0.3)};
  std::vector<double> cost(16, 100.0);
  std::fill(cost.begin(), cost.begin() + 14, 1.0);
  const std::vector<bool> rounded = choose(layers, cost, 0.5);
  EXPECT_TRUE(rounded[14] && rounded[15]);
  EXPECT_LE(*layers(rounded), 0.5);
}

TEST(RoundingSearch, RoundsNothingWhereNothingIsWithin) {
  Layers layers{std::vector<double>(8, 10.0)};
  EXPECT_EQ(choose(layers, std::vector<double>(8, 1.0), 0.5), std::vector<bool>(8, false));
}

TEST(RoundingSearch, MeasuresAboutAHundredTimesAtMost) {
  Layers layers{std::vector<double>(400, 1.0)};
  choose(layers, std::vector<double>(400, 1.0), 0.5);
  EXPECT_LE(layers.measurements, 110);
}

}  // namespace
}  // namespace modelport
