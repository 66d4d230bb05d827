#include "kernels/convolution.h"

#include <gtest/gtest.h>

#include <vector>

#include "every_instruction_set.h"
#include "kernels/matmul.h"

namespace modelport {
namespace {

/// The definition, in float64.
std::vector<double> by_definition(const ConvolutionShape& s, const std::vector<float>& x, const std::vector<float>& w,
                                  const std::vector<float>& bias) {
  std::vector<double> y;
  const int64_t in_per_group = s.in_channels / s.groups, out_per_group = s.out_channels / s.groups;
  for (int64_t b = 0; b < s.batch; ++b) {
    for (int64_t o = 0; o < s.out_channels; ++o) {
      for (int64_t oy = 0; oy < s.out_h; ++oy) {
        for (int64_t ox = 0; ox < s.out_w; ++ox) {
          double sum = bias.empty() ? 0.0 : bias[static_cast<size_t>(o)];
          for (int64_t i = 0; i < in_per_group; ++i) {
            for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
              for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
                const int64_t iy = oy * s.stride_h - s.pad_top + ky * s.dilation_h,
                              ix = ox * s.stride_w - s.pad_left + kx * s.dilation_w;
                if (iy < 0 || iy >= s.in_h || ix < 0 || ix >= s.in_w) continue;
                const int64_t channel = o / out_per_group * in_per_group + i;
                sum += static_cast<double>(
                           x[static_cast<size_t>(((b * s.in_channels + channel) * s.in_h + iy) * s.in_w + ix)]) *
                       w[static_cast<size_t>(((o * in_per_group + i) * s.kernel_h + ky) * s.kernel_w + kx)];
              }
            }
          }
          y.push_back(sum);
        }
      }
    }
  }
  return y;
}

struct Case {
  const char* name;
  int64_t batch, in, h, w, out, kh, kw, sh, sw, top, left, bottom, right, dh, dw, groups;
};

constexpr Case kCases[] = {
    {"pointwise", 1, 5, 7, 9, 11, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1},
    {"pointwise strided", 2, 3, 8, 9, 4, 1, 1, 2, 2, 0, 0, 0, 0, 1, 1, 1},
    {"3x3 stride 2", 1, 3, 13, 17, 9, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1},
    {"asymmetric padding", 2, 4, 6, 5, 8, 3, 3, 1, 1, 2, 0, 0, 1, 1, 1, 1},
    {"dilated, one-sided kernel", 1, 6, 11, 12, 5, 1, 3, 1, 2, 0, 2, 0, 2, 1, 2, 1},
    {"grouped", 2, 12, 6, 7, 18, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 3},
    {"depthwise", 2, 7, 9, 10, 7, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 7},
    {"depthwise strided, multiplied", 1, 4, 9, 8, 8, 5, 3, 2, 2, 2, 1, 2, 1, 1, 1, 4},
    {"kernel beyond the image", 1, 2, 2, 2, 3, 5, 5, 1, 1, 2, 2, 2, 2, 1, 1, 1},
    {"deep", 1, 97, 5, 50, 65, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
};

ConvolutionShape shape_of(const Case& c) {
  ConvolutionShape s{.batch = c.batch, .in_channels = c.in, .in_h = c.h, .in_w = c.w, .out_channels = c.out};
  s.kernel_h = c.kh, s.kernel_w = c.kw, s.stride_h = c.sh, s.stride_w = c.sw, s.pad_top = c.top, s.pad_left = c.left;
  s.dilation_h = c.dh, s.dilation_w = c.dw, s.groups = c.groups;
  s.out_h = (c.h + c.top + c.bottom - c.dh * (c.kh - 1) - 1) / c.sh + 1;
  s.out_w = (c.w + c.left + c.right - c.dw * (c.kw - 1) - 1) / c.sw + 1;
  return s;
}

using Convolution = EveryInstructionSet;

TEST_P(Convolution, AgreesWithTheDefinition) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const ConvolutionShape s = shape_of(c);
    const std::vector<float> x = random_floats(c.batch * c.in * c.h * c.w, 1), bias = random_floats(c.out, 3);
    const std::vector<float> w = random_floats(c.out * c.in / c.groups * c.kh * c.kw, 2);
    for (const bool with_bias : {true, false}) {
      const std::vector<double> expected = by_definition(s, x, w, with_bias ? bias : std::vector<float>());
      std::vector<float> y(expected.size(), -1e9f);
      convolve(s, x.data(), w.data(), with_bias ? bias.data() : nullptr, y.data(), pool_);
      const std::vector<double> xd(x.begin(), x.end()), wd(w.begin(), w.end()), biasd(bias.begin(), bias.end());
      std::vector<double> yd(expected.size(), -1e9);
      convolve(s, xd.data(), wd.data(), with_bias ? biasd.data() : nullptr, yd.data(), pool_);
      // Terms are below 1, so each addition rounds by at most half a unit of a sum below their number.
      const double rounding = 1e-6 + 6e-8 * static_cast<double>(w.size()) / static_cast<double>(c.out);
      for (size_t i = 0; i < expected.size(); ++i) {
        ASSERT_NEAR(y[i], expected[i], rounding) << "at " << i;
        ASSERT_NEAR(yd[i], expected[i], 1e-12) << "at " << i;
      }
    }
  }
}

TEST_P(Convolution, MatmulAgreesWithTheDefinition) {
  for (const auto& [m, n, k] :
       {std::array<int64_t, 3>{1, 1, 1}, {7, 49, 3}, {8, 48, 289}, {9, 193, 600}, {65, 5, 17}}) {
    const std::vector<float> a = random_floats(m * k, 4), b = random_floats(k * n, 5), bias = random_floats(m, 6);
    std::vector<float> c(static_cast<size_t>(m * n), 1e9f);
    matmul(m, n, k, a.data(), b.data(), bias.data(), c.data(), pool_);
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = bias[static_cast<size_t>(i)];
        for (int64_t step = 0; step < k; ++step) {
          sum += static_cast<double>(a[static_cast<size_t>(i * k + step)]) * b[static_cast<size_t>(step * n + j)];
        }
        ASSERT_NEAR(c[static_cast<size_t>(i * n + j)], sum, 5e-5);
      }
    }
  }
}

/// Sets that round products give the same bits, on any number of threads.
TEST_P(Convolution, RoundedProductsAreTheSameEverywhere) {
  if (std::get<0>(GetParam()) > InstructionSet::kAvx2Unfused) GTEST_SKIP() << "fuses";
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const ConvolutionShape s = shape_of(c);
    const std::vector<float> x = random_floats(c.batch * c.in * c.h * c.w, 1), bias = random_floats(c.out, 3);
    const std::vector<float> w = random_floats(c.out * c.in / c.groups * c.kh * c.kw, 2);
    std::vector<float> here(static_cast<size_t>(s.batch * s.out_channels * s.out_h * s.out_w)), baseline = here;
    convolve(s, x.data(), w.data(), bias.data(), here.data(), pool_);
    const InstructionSetLimit lowest(InstructionSet::kBaseline);
    ThreadPool three(3);
    convolve(s, x.data(), w.data(), bias.data(), baseline.data(), three);
    ASSERT_EQ(here, baseline);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Convolution, every_instruction_set());

}  // namespace
}  // namespace modelport
