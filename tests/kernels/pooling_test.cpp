#include "kernels/pooling.h"

#include <cmath>
#include <limits>

#include "every_instruction_set.h"

namespace modelport {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <class Real>
std::vector<double> by_definition(const PoolingShape& s, const std::vector<Real>& x) {
  std::vector<double> y;
  for (int64_t plane = 0; plane < s.planes; ++plane) {
    for (int64_t oy = 0; oy < s.out_h; ++oy) {
      for (int64_t ox = 0; ox < s.out_w; ++ox) {
        double largest = -kInfinity;
        for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
          for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
            const int64_t iy = oy * s.stride_h - s.pad_top + ky * s.dilation_h,
                          ix = ox * s.stride_w - s.pad_left + kx * s.dilation_w;
            if (iy < 0 || iy >= s.in_h || ix < 0 || ix >= s.in_w) continue;
            const double value = x[static_cast<size_t>((plane * s.in_h + iy) * s.in_w + ix)];
            if (std::isnan(value) || value > largest) largest = value;
          }
        }
        y.push_back(largest);
      }
    }
  }
  return y;
}

PoolingShape with_output_size(PoolingShape s, int64_t pad_bottom, int64_t pad_right) {
  s.out_h = (s.in_h + s.pad_top + pad_bottom - s.dilation_h * (s.kernel_h - 1) - 1) / s.stride_h + 1;
  s.out_w = (s.in_w + s.pad_left + pad_right - s.dilation_w * (s.kernel_w - 1) - 1) / s.stride_w + 1;
  return s;
}

const std::vector<PoolingShape>& shapes() {
  static const std::vector<PoolingShape> list = {
      with_output_size({.planes = 3, .in_h = 20, .in_w = 21, .kernel_h = 5, .kernel_w = 5, .pad_top = 2, .pad_left = 2},
                       2, 2),
      with_output_size({.planes = 5,
                        .in_h = 13,
                        .in_w = 18,
                        .kernel_h = 3,
                        .kernel_w = 3,
                        .stride_h = 2,
                        .stride_w = 2,
                        .pad_top = 1,
                        .pad_left = 1},
                       1, 1),
      with_output_size({.in_h = 9, .in_w = 40, .kernel_h = 1, .kernel_w = 4, .stride_w = 3, .pad_left = 3}, 0, 0),
      with_output_size(
          {.in_h = 12, .in_w = 7, .kernel_h = 3, .kernel_w = 2, .pad_top = 1, .dilation_h = 3, .dilation_w = 4}, 4, 0),
      with_output_size({.in_h = 1, .in_w = 1, .kernel_h = 3, .kernel_w = 3, .pad_top = 1, .pad_left = 1}, 1, 1),
  };
  return list;
}

using Pooling = EveryInstructionSet;

TEST_P(Pooling, LargestAgreesWithTheDefinition) {
  for (const PoolingShape& s : shapes()) {
    SCOPED_TRACE(testing::Message() << s.in_h << "x" << s.in_w << " by " << s.kernel_h << "x" << s.kernel_w);
    const std::vector<float> x = random_floats(s.planes * s.in_h * s.in_w, 3, -5.0f, -1.0f);
    const std::vector<double> expected = by_definition(s, x), wide(x.begin(), x.end());
    std::vector<float> y(expected.size(), 7.0f);
    max_pool(s, x.data(), y.data(), pool_);
    std::vector<double> wide_y(expected.size(), 7.0);
    max_pool(s, wide.data(), wide_y.data(), pool_);
    EXPECT_EQ(std::vector<double>(y.begin(), y.end()), expected);
    EXPECT_EQ(wide_y, expected);
  }
}

TEST_P(Pooling, NotANumberWins) {
  const PoolingShape& s = shapes()[0];
  std::vector<float> x = random_floats(s.planes * s.in_h * s.in_w, 3);
  for (size_t i = 0; i < x.size(); i += 91) x[i] = std::nanf("");
  const std::vector<double> expected = by_definition(s, x);
  std::vector<float> y(expected.size());
  max_pool(s, x.data(), y.data(), pool_);
  // A NaN is larger than what came before, and what comes behind is not larger than a NaN.
  for (size_t i = 0; i < y.size(); ++i) EXPECT_EQ(std::isnan(y[i]), std::isnan(expected[i])) << i;
}

INSTANTIATE_TEST_SUITE_P(All, Pooling, every_instruction_set());

}  // namespace
}  // namespace modelport
