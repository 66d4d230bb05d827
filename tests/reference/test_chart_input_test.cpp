#include "reference/test_chart_input.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace modelport {
namespace {

constexpr int64_t kHeight = 64, kWidth = 96;

EvaluatedValue chart(uint32_t seed) { return test_chart_input({1, 3, kHeight, kWidth}, seed); }

float at(const EvaluatedValue& image, int64_t channel, int64_t y, int64_t x) {
  return image.floats[static_cast<size_t>((channel * kHeight + y) * kWidth + x)];
}

TEST(TestChartInput, OneKindAChart) {
  EXPECT_EQ(std::ranges::count(chart(1).floats, 0.0F), 3 * kHeight * kWidth);
  EXPECT_EQ(std::ranges::count(chart(2).floats, 1.0F), 3 * kHeight * kWidth);
  for (const uint32_t pure : {3u, 4u, 5u}) {
    const EvaluatedValue image = chart(pure);
    EXPECT_EQ(std::set<float>(image.floats.begin(), image.floats.end()), (std::set<float>{0.0F, 1.0F})) << pure;
  }
  const EvaluatedValue noise = chart(6);
  EXPECT_EQ(std::set<float>(noise.floats.begin(), noise.floats.end()).size(), 256u);
  EXPECT_EQ(chart(7).floats, chart(1).floats);
}

TEST(TestChartInput, ChartZeroHoldsAllKinds) {
  const EvaluatedValue all = chart(0);
  for (uint32_t cell = 0; cell < 6; ++cell) {
    const EvaluatedValue alone = chart(cell + 1);
    for (const int64_t inside : {0, 15, 31}) {
      const int64_t y = cell / 3 * (kHeight / 2) + inside, x = cell % 3 * (kWidth / 3) + inside;
      for (int64_t c = 0; c < 3; ++c) EXPECT_EQ(at(all, c, y, x), at(alone, c, y, x)) << "cell " << cell;
    }
  }
}

TEST(TestChartInput, ABatchCountsOn) {
  const EvaluatedValue pair = test_chart_input({2, 3, kHeight, kWidth}, 5);
  const size_t half = pair.floats.size() / 2;
  EXPECT_TRUE(std::equal(pair.floats.begin(), pair.floats.begin() + static_cast<std::ptrdiff_t>(half),
                         chart(5).floats.begin()));
  EXPECT_TRUE(
      std::equal(pair.floats.begin() + static_cast<std::ptrdiff_t>(half), pair.floats.end(), chart(6).floats.begin()));
}

}  // namespace
}  // namespace modelport
