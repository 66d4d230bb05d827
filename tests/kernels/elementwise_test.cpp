#include "kernels/elementwise.h"

#include <atomic>
#include <cmath>
#include <limits>

#include "every_instruction_set.h"

namespace modelport {
namespace {

template <class Real>
double units_in_last_place(Real actual, double expected) {
  const Real nearest = static_cast<Real>(expected);
  const double unit = std::nextafter(std::abs(nearest), std::numeric_limits<Real>::infinity()) - std::abs(nearest);
  return std::abs(static_cast<double>(actual) - expected) / unit;
}

template <class Real>
std::vector<Real> from_to(double first, double last, double step) {
  std::vector<Real> values;
  for (double value = first; value < last; value += step) values.push_back(static_cast<Real>(value));
  return values;
}

template <class Real>
using Kernel = void (*)(const Real*, Real*, int64_t);

template <class Real>
std::vector<Real> applied(Kernel<Real> kernel, const std::vector<Real>& x) {
  std::vector<Real> y(x.size());
  kernel(x.data(), y.data(), static_cast<int64_t>(x.size()));
  return y;
}

template <class Real>
void expect_within(double units, Kernel<Real> kernel, double (*definition)(double), const std::vector<Real>& x) {
  const std::vector<Real> y = applied(kernel, x);
  for (size_t i = 0; i < x.size(); ++i)
    ASSERT_LE(units_in_last_place(y[i], definition(static_cast<double>(x[i]))), units) << "at " << x[i];
}

double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }
double silu(double x) { return x * logistic(x); }
double gelu_erf(double x) { return 0.5 * x * std::erfc(-x * std::sqrt(0.5)); }
double gelu_tanh(double x) { return x * logistic(2.0 * std::sqrt(2.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x)); }

using Elementwise = EveryInstructionSet;

TEST_P(Elementwise, ExponentialIsWithinTwoUnits) {
  expect_within<float>(2.0, exp_kernel, std::exp, from_to<float>(-103.0, 88.7, 0.0011));
  expect_within<double>(2.0, exp_kernel, std::exp, from_to<double>(-700.0, 709.0, 0.0137));
}

TEST_P(Elementwise, ExponentialEndsGently) {
  const float infinity = std::numeric_limits<float>::infinity();
  // Twice, so that both the vectors and the rest behind them are met.
  for (const size_t copies : {size_t{1}, size_t{32}}) {
    std::vector<float> x;
    for (size_t i = 0; i < copies; ++i) x.insert(x.end(), {0.0f, -infinity, infinity, std::nanf(""), -200.0f, 200.0f});
    const std::vector<float> y = applied<float>(exp_kernel, x);
    for (size_t i = 0; i < x.size(); i += 6) {
      EXPECT_EQ(y[i], 1.0f);
      EXPECT_LT(y[i + 1], 1e-44f);
      EXPECT_EQ(y[i + 2], infinity);
      EXPECT_TRUE(std::isnan(y[i + 3]));
      EXPECT_LT(y[i + 4], 1e-44f);
      EXPECT_EQ(y[i + 5], infinity);
    }
  }
}

TEST_P(Elementwise, SigmoidAndSiluAreWithinFourUnits) {
  expect_within<float>(4.0, sigmoid_kernel, logistic, from_to<float>(-87.0, 90.0, 0.0013));
  expect_within<float>(4.0, silu_kernel, silu, from_to<float>(-82.0, 90.0, 0.0013));
  expect_within<double>(4.0, sigmoid_kernel, logistic, from_to<double>(-600.0, 90.0, 0.013));
  expect_within<double>(4.0, silu_kernel, silu, from_to<double>(-600.0, 90.0, 0.013));
}

TEST_P(Elementwise, TanhIsWithinTwoUnits) {
  expect_within<float>(2.0, tanh_kernel, std::tanh, from_to<float>(-12.0, 12.0, 0.00013));
  expect_within<float>(2.0, tanh_kernel, std::tanh, {1e-30f, -1e-7f, 0.625f, -0.62500006f, 50.0f, -1e30f});
  expect_within<double>(2.0, tanh_kernel, std::tanh, from_to<double>(-20.0, 20.0, 0.013));
}

TEST_P(Elementwise, ErfIsWithinTwoUnits) {
  expect_within<float>(2.0, erf_kernel, std::erf, from_to<float>(-6.0, 6.0, 0.00013));
  expect_within<float>(2.0, erf_kernel, std::erf, {1e-30f, -1e-7f, 0.9375f, -0.93750006f, 50.0f, -1e30f});
  expect_within<double>(2.0, erf_kernel, std::erf, from_to<double>(-6.0, 6.0, 0.013));
}

TEST_P(Elementwise, NotANumberStaysSo) {
  const std::vector<float> x(40, std::nanf(""));
  for (const Kernel<float> kernel :
       {Kernel<float>(sigmoid_kernel), Kernel<float>(silu_kernel), Kernel<float>(tanh_kernel),
        Kernel<float>(erf_kernel), Kernel<float>(gelu_erf_kernel), Kernel<float>(gelu_tanh_kernel)}) {
    for (const float value : applied(kernel, x)) ASSERT_TRUE(std::isnan(value));
  }
}

/// Both forms cancel for negative values, in the framework too: the error is relative to |x|.
TEST_P(Elementwise, GeluIsWithinAFewRoundingsOfItsOperand) {
  const std::vector<float> x = from_to<float>(-8.0, 8.0, 0.00017);
  const std::vector<float> by_erf = applied<float>(gelu_erf_kernel, x), by_tanh = applied<float>(gelu_tanh_kernel, x);
  const std::vector<double> wide(x.begin(), x.end());
  const std::vector<double> wide_erf = applied<double>(gelu_erf_kernel, wide),
                            wide_tanh = applied<double>(gelu_tanh_kernel, wide);
  for (size_t i = 0; i < x.size(); ++i) {
    const double size = std::abs(wide[i]);
    ASSERT_NEAR(by_erf[i], gelu_erf(wide[i]), 2e-7 * size + 1e-30) << x[i];
    ASSERT_NEAR(by_tanh[i], gelu_tanh(wide[i]), 2e-7 * size + 1e-30) << x[i];
    ASSERT_NEAR(wide_erf[i], gelu_erf(wide[i]), 1e-15 * size + 1e-30) << x[i];
    ASSERT_NEAR(wide_tanh[i], gelu_tanh(wide[i]), 1e-15 * size + 1e-30) << x[i];
  }
}

TEST_P(Elementwise, WorksInPlaceAndBesideVectors) {
  for (const int64_t count : {0, 1, 7, 16, 33}) {
    std::vector<float> x = random_floats(count + 1, 11, -9.0f, 9.0f), sum = x, product = x;
    const std::vector<float> before = x;
    silu_kernel(x.data(), x.data(), count);
    add_kernel(sum.data(), before.data(), sum.data(), count);
    mul_kernel(product.data(), before.data(), product.data(), count);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      EXPECT_NEAR(x[i], silu(before[i]), 1e-5);
      EXPECT_EQ(sum[i], before[i] + before[i]);
      EXPECT_EQ(product[i], before[i] * before[i]);
    }
    EXPECT_EQ(x.back(), before.back());
    EXPECT_EQ(sum.back(), before.back());
    EXPECT_EQ(product.back(), before.back());
  }
}

INSTANTIATE_TEST_SUITE_P(All, Elementwise, every_instruction_set());

TEST(InPieces, CoversTheWholeRange) {
  ThreadPool pool(2);
  std::atomic<int64_t> total = 0;
  in_pieces(100'001, pool, [&](int64_t begin, int64_t end) { total += end - begin; });
  EXPECT_EQ(total, 100'001);
  in_pieces(0, pool, [&](int64_t, int64_t) { FAIL(); });
}

}  // namespace
}  // namespace modelport
