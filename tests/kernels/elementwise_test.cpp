#include "kernels/elementwise.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <limits>
#include <vector>

namespace modelport {
namespace {

double units_in_last_place(float actual, double expected) {
  const float nearest = static_cast<float>(expected);
  const double unit = std::nextafter(std::abs(nearest), std::numeric_limits<float>::infinity()) - std::abs(nearest);
  return std::abs(actual - expected) / unit;
}

TEST(Exponential, IsWithinTwoUnitsInTheLastPlace) {
  std::vector<float> x, y;
  for (float value = -103.0f; value < 88.7f; value += 0.0007f) x.push_back(value);
  y.resize(x.size());
  exp_kernel(x.data(), y.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_LE(units_in_last_place(y[i], std::exp(static_cast<double>(x[i]))), 2.0) << x[i];
}

TEST(Exponential, IsWithinTwoUnitsInTheLastPlaceInFloat64) {
  std::vector<double> x, y;
  for (double value = -700.0; value < 709.0; value += 0.0037) x.push_back(value);
  y.resize(x.size());
  exp_kernel(x.data(), y.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = std::exp(x[i]);
    ASSERT_LE(std::abs(y[i] - expected), 2.0 * (std::nextafter(expected, 1e308) - expected)) << x[i];
  }
}

TEST(Exponential, EndsGently) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> x = {0.0f, -infinity, infinity, std::nanf(""), -200.0f, 200.0f};
  std::vector<float> y(x.size());
  exp_kernel(x.data(), y.data(), 6);
  EXPECT_EQ(y[0], 1.0f);
  EXPECT_LT(y[1], 1e-44f);
  EXPECT_EQ(y[2], infinity);
  EXPECT_TRUE(std::isnan(y[3]));
  EXPECT_LT(y[4], 1e-44f);
  EXPECT_EQ(y[5], infinity);
}

TEST(Sigmoid, AgreesWithTheDefinition) {
  std::vector<float> x, y, silu;
  for (float value = -90.0f; value < 90.0f; value += 0.0013f) x.push_back(value);
  y.resize(x.size());
  silu.resize(x.size());
  sigmoid_kernel(x.data(), y.data(), static_cast<int64_t>(x.size()));
  silu_kernel(x.data(), silu.data(), static_cast<int64_t>(x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = 1.0 / (1.0 + std::exp(-static_cast<double>(x[i])));
    ASSERT_NEAR(y[i], expected, 3e-7 * expected + 1e-38) << x[i];
    ASSERT_NEAR(silu[i], x[i] * expected, 4e-7 * std::abs(x[i] * expected) + 1e-36) << x[i];
  }
}

TEST(ThreadPool, RunsEveryTaskOnceHoweverOftenItIsUsed) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> hits(37);
      pool.parallel_for(37, [&](int64_t i) { ++hits[static_cast<size_t>(i)]; });
      for (const std::atomic<int>& hit : hits) ASSERT_EQ(hit, 1);
    }
  }
}

TEST(InPieces, CoversTheWholeRange) {
  ThreadPool pool(2);
  std::atomic<int64_t> total = 0;
  in_pieces(100'001, pool, [&](int64_t begin, int64_t end) { total += end - begin; });
  EXPECT_EQ(total, 100'001);
  in_pieces(0, pool, [&](int64_t, int64_t) { FAIL(); });
}

}  // namespace
}  // namespace modelport
