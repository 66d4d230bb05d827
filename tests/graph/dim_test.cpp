#include "graph/dim.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace modelport {
namespace {

const Dim kH = Dim::symbol("h");
const Dim kW = Dim::symbol("w");

TEST(Dim, IsACanonicalPolynomial) {
  EXPECT_EQ((kH + kW) * (kH - kW), kH * kH - kW * kW);
  EXPECT_EQ(((kH + kW) * (kH - kW)).text(), "h*h - w*w");
  EXPECT_EQ((Dim(3) + kW * kH * Dim(21) - Dim(4)).text(), "21*h*w - 1");
  EXPECT_EQ((kH - kH).text(), "0");
  EXPECT_EQ((kH - kH).constant(), 0);
  EXPECT_EQ((Dim(0) - kH).text(), "-h");
  EXPECT_EQ(Dim(640).constant(), 640);
  EXPECT_EQ(kH.constant(), std::nullopt);
}

TEST(Dim, FloorDivDividesEveryCoefficient) {
  EXPECT_EQ(floor_div(Dim(32) * kH, 32), kH);
  EXPECT_EQ(floor_div(Dim(32) * kH + Dim(31), 32), kH);
  EXPECT_EQ(floor_div(Dim(32) * kH - Dim(1), 32), kH - Dim(1));
  EXPECT_EQ(floor_div(Dim(7), 2), Dim(3));
  EXPECT_EQ(floor_div(Dim(-7), 2), Dim(-4));
  // A 3x3 convolution with stride 2 and padding 1.
  EXPECT_EQ(floor_div(Dim(32) * kH + Dim(2 - 2 - 1), 2) + Dim(1), Dim(16) * kH);
}

TEST(Dim, FloorDivKeepsOnlyTheRemainderInAnAtom) {
  EXPECT_EQ(floor_div(Dim(33) * kH + Dim(40), 32).text(), "floor_div(h + 8, 32) + h + 1");
  EXPECT_EQ(floor_div(Dim(6) * kH + Dim(1), 4).text(), "floor_div(h, 2) + h");
  EXPECT_EQ(floor_div(floor_div(kH, 2), 3), floor_div(kH, 6));
  EXPECT_EQ(floor_div(floor_div(kH + Dim(1), 2) + Dim(1), 2), floor_div(kH + Dim(3), 4));
  const Dim small = min(kH, Dim(7));
  EXPECT_EQ(floor_div(Dim(8) * kW + small, 8), kW) << "min(h, 7) is in [0, 8)";
}

TEST(Dim, MinAndMaxAreDecidedByBounds) {
  EXPECT_EQ(min(Dim(300), Dim(8400)), Dim(300));
  EXPECT_EQ(min(Dim(300), Dim(21) * kH * kW).text(), "min(300, 21*h*w)");
  EXPECT_EQ(min(Dim(21) * kH * kW, Dim(300)).text(), "min(300, 21*h*w)");
  const Dim tall = Dim::symbol("tall", 10), wide = Dim::symbol("wide", 10);
  EXPECT_EQ(min(Dim(300), Dim(21) * tall * wide), Dim(300));
  EXPECT_EQ(max(Dim(300), Dim(21) * tall * wide), Dim(21) * tall * wide);
  EXPECT_EQ(max(kH, kH + kW), kH + kW);
}

TEST(Dim, ComparesAsEqualDifferentOrUnknown) {
  EXPECT_EQ(compare(kH + kW, kW + kH), DimOrder::kEqual);
  EXPECT_EQ(compare(kH, kH + Dim(1)), DimOrder::kDifferent);
  EXPECT_EQ(compare(Dim(0), kH), DimOrder::kDifferent) << "symbols are positive";
  EXPECT_EQ(compare(kH * kW + Dim(1), kH), DimOrder::kDifferent) << "h w + 1 > h";
  EXPECT_EQ(compare(kH, kW), DimOrder::kUnknown);
  EXPECT_EQ(compare(kH, Dim(1)), DimOrder::kUnknown);
  EXPECT_FALSE(kH == kW);
}

TEST(Dim, KnowsItsLowerBound) {
  EXPECT_EQ((kH * kW - kH).lower_bound(), 0);
  EXPECT_EQ((Dim(32) * kH + Dim(5)).lower_bound(), 37);
  EXPECT_EQ((Dim(1) - kH).lower_bound(), std::nullopt);
  EXPECT_EQ((Dim(1) - min(kH, Dim(4))).lower_bound(), -3);
  EXPECT_EQ(floor_div(kH + Dim(8), 3).lower_bound(), 3);
  EXPECT_EQ(max(kH, Dim(4)).lower_bound(), 4);
}

TEST(Dim, EvaluatesWithSymbols) {
  const Dim dim = min(Dim(300), floor_div(kH, 2) * kW);
  EXPECT_EQ(*dim.evaluate({{"h", 9}, {"w", 5}}), 20);
  EXPECT_EQ(*dim.evaluate({{"h", 900}, {"w", 5}}), 300);
  EXPECT_EQ(dim.symbols(), (std::vector<std::string>{"h", "w"}));
  const auto missing = dim.evaluate({{"h", 9}});
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text().find("'w'"), std::string::npos);
}

TEST(Dim, NeverWrapsAround) {
  const Dim huge = Dim(int64_t{1} << 40);
  EXPECT_FALSE((huge * huge).evaluate({}));
  EXPECT_FALSE((huge * huge).constant());
  EXPECT_FALSE((huge * kH).evaluate({{"h", int64_t{1} << 40}}));
  EXPECT_NE(compare(huge * huge, huge), DimOrder::kEqual);
}

TEST(DimText, ReadsNamesWithSlashes) {
  const Dim height = Dim(32) * Dim::symbol("height/32");
  EXPECT_EQ(height.text(), "32*height/32");
  EXPECT_EQ(*parse_dim("32*height/32"), height);
  EXPECT_EQ(*parse_dim(" ( a + 2 ) * (a-2) "), *parse_dim("a*a - 4"));
  EXPECT_EQ(parse_dim("a", {{"a", 7}})->lower_bound(), 7);
}

TEST(DimText, RefusesWhatIsNotASize) {
  for (const char* text : {"", "3 +", "min(1)", "floor_div(a, 0)", "floor_div(a, b)", "round(a, 2)", "a b", "2**3",
                           "99999999999999999999"}) {
    EXPECT_FALSE(parse_dim(text)) << text;
  }
  EXPECT_FALSE(parse_dim(std::string(100000, '(')));
}

TEST(DimText, RefusesWhatGrowsBeyondSizes) {
  std::string product = "(a0 + b0)", sum = "1";
  for (int i = 1; i < 200; ++i) {
    product += fmt::format("*(a{} + b{})", i, i);
    sum += fmt::format(" + a{}", i);
  }
  EXPECT_FALSE(parse_dim(product));
  EXPECT_FALSE(parse_dim(sum));
  EXPECT_FALSE(parse_dim("1" + std::string(5000, ' ')));
}

TEST(DimText, ShapesPrintAndEvaluate) {
  const SymbolicShape shape = {Dim::symbol("batch"), 3, Dim(32) * kH};
  EXPECT_EQ(shape_text(shape), "[batch, 3, 32*h]");
  EXPECT_EQ(*evaluate_shape(shape, {{"batch", 2}, {"h", 4}}), (Shape{2, 3, 128}));
  EXPECT_EQ(product(shape).text(), "96*batch*h");
}

/// A random expression beside the function that computes it.
struct Case {
  Dim dim;
  std::function<int64_t(int64_t, int64_t)> value;
};

int64_t floored(int64_t a, int64_t b) { return static_cast<int64_t>(std::floor(static_cast<double>(a) / b)); }

Case random_case(std::mt19937& random, int depth) {
  const auto pick = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
  if (depth == 0 || pick(6) == 0) {
    const int64_t constant = pick(21) - 10;
    switch (pick(3)) {
      case 0:
        return {kH, [](int64_t h, int64_t) { return h; }};
      case 1:
        return {kW, [](int64_t, int64_t w) { return w; }};
      default:
        return {Dim(constant), [=](int64_t, int64_t) { return constant; }};
    }
  }
  const Case a = random_case(random, depth - 1), b = random_case(random, depth - 1);
  const int64_t divisor = pick(12) + 1;
  switch (pick(6)) {
    case 0:
      return {a.dim + b.dim, [=](int64_t h, int64_t w) { return a.value(h, w) + b.value(h, w); }};
    case 1:
      return {a.dim - b.dim, [=](int64_t h, int64_t w) { return a.value(h, w) - b.value(h, w); }};
    case 2:
      return {a.dim * b.dim, [=](int64_t h, int64_t w) { return a.value(h, w) * b.value(h, w); }};
    case 3:
      return {min(a.dim, b.dim), [=](int64_t h, int64_t w) { return std::min(a.value(h, w), b.value(h, w)); }};
    case 4:
      return {max(a.dim, b.dim), [=](int64_t h, int64_t w) { return std::max(a.value(h, w), b.value(h, w)); }};
    default:
      return {floor_div(a.dim, divisor), [=](int64_t h, int64_t w) { return floored(a.value(h, w), divisor); }};
  }
}

TEST(Dim, RandomExpressionsKeepTheirValueBoundsAndText) {
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    const Case a = random_case(random, 3), b = random_case(random, 3);
    const auto reread = parse_dim(a.dim.text());
    ASSERT_TRUE(reread) << a.dim.text() << ": " << reread.error().text();
    EXPECT_EQ(reread->text(), a.dim.text());
    EXPECT_EQ(*reread, a.dim);
    const DimOrder order = compare(a.dim, b.dim);
    const auto bound = a.dim.lower_bound();
    for (int sample = 0; sample < 6; ++sample) {
      const int64_t h = 1 + random() % 40, w = 1 + random() % 40;
      const int64_t expected = a.value(h, w), other = b.value(h, w);
      ASSERT_EQ(*a.dim.evaluate({{"h", h}, {"w", w}}), expected) << a.dim.text() << " at " << h << ", " << w;
      if (bound) {
        ASSERT_LE(*bound, expected) << a.dim.text();
      }
      if (order == DimOrder::kEqual) {
        ASSERT_EQ(expected, other) << a.dim.text() << " == " << b.dim.text();
      }
      if (order == DimOrder::kDifferent) {
        ASSERT_NE(expected, other) << a.dim.text() << " != " << b.dim.text();
      }
    }
  }
}

}  // namespace
}  // namespace modelport
