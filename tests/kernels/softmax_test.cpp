#include "kernels/softmax.h"

#include <array>
#include <cmath>

#include "every_instruction_set.h"

namespace modelport {
namespace {

std::vector<double> by_definition(int64_t outer, int64_t count, int64_t inner, const std::vector<float>& x) {
  std::vector<double> y(x.size());
  for (int64_t o = 0; o < outer && count > 0; ++o) {
    for (int64_t i = 0; i < inner; ++i) {
      const auto at = [&](int64_t c) { return static_cast<size_t>((o * count + c) * inner + i); };
      double largest = x[at(0)], sum = 0.0;
      for (int64_t c = 1; c < count; ++c) largest = std::max(largest, static_cast<double>(x[at(c)]));
      for (int64_t c = 0; c < count; ++c) sum += std::exp(x[at(c)] - largest);
      for (int64_t c = 0; c < count; ++c) y[at(c)] = std::exp(x[at(c)] - largest) / sum;
    }
  }
  return y;
}

using SoftmaxKernel = EveryInstructionSet;

TEST_P(SoftmaxKernel, AgreesWithTheDefinition) {
  for (const auto& [outer, count, inner] : {std::array<int64_t, 3>{1, 1, 1},
                                            {3, 7, 1},
                                            {70, 400, 1},
                                            {4, 16, 1000},
                                            {2, 5, 257},
                                            {1, 1000, 3},
                                            {0, 3, 2},
                                            {2, 3, 0},
                                            {1, 0, 1}}) {
    SCOPED_TRACE(testing::Message() << outer << ", " << count << ", " << inner);
    const std::vector<float> x = random_floats(outer * count * inner, 5, -60.0f, 60.0f);
    const std::vector<double> expected = by_definition(outer, count, inner, x), wide(x.begin(), x.end());
    std::vector<float> y(x.size());
    softmax(outer, count, inner, x.data(), y.data(), pool_);
    std::vector<double> wide_y = wide;
    softmax(outer, count, inner, wide_y.data(), wide_y.data(), pool_);
    for (size_t i = 0; i < x.size(); ++i) {
      // A difference of up to 120 is rounded by 4e-6.
      ASSERT_NEAR(y[i], expected[i], 5e-6 * expected[i] + 1e-36);
      ASSERT_NEAR(wide_y[i], expected[i], 1e-14 * expected[i]);
    }
  }
}

TEST_P(SoftmaxKernel, LargeValuesDoNotOverflowAndNotANumberSpreads) {
  std::vector<float> x = {1e38f, 1e38f, -1e38f, 1.0f, std::nanf(""), 2.0f};
  softmax(2, 3, 1, x.data(), x.data(), pool_);
  EXPECT_EQ(x[0], 0.5f);
  EXPECT_EQ(x[1], 0.5f);
  EXPECT_LT(x[2], 1e-40f);
  for (size_t i = 3; i < 6; ++i) EXPECT_TRUE(std::isnan(x[i]));
}

INSTANTIATE_TEST_SUITE_P(All, SoftmaxKernel, every_instruction_set());

}  // namespace
}  // namespace modelport
