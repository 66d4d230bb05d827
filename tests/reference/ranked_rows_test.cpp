#include "reference/ranked_rows.h"

#include <gtest/gtest.h>

#include "reference/compare.h"

namespace modelport {
namespace {

/// Box (one coordinate), score, class.
using Row = std::array<float, 3>;

const IoSpec kSpec = {.name = "output0",
                      .layout = "NDC",
                      .role = Role::kFeatures,
                      .groups = {{.name = "boxes", .role = Role::kBoxesPx, .axis = 2, .begin = 0, .end = 1},
                                 {.name = "scores", .role = Role::kScores, .axis = 2, .begin = 1, .end = 2},
                                 {.name = "classes",
                                  .role = Role::kFeatures,
                                  .axis = 2,
                                  .begin = 2,
                                  .end = 3,
                                  .numbers = ChannelGroup::Numbers::kWhole}},
                      .rows = Rows::kRanked};

EvaluatedValue value(const std::vector<std::vector<Row>>& items) {
  EvaluatedValue result{"output0",
                        DType::kFloat32,
                        {static_cast<int64_t>(items.size()), static_cast<int64_t>(items[0].size()), 3},
                        {},
                        {},
                        {}};
  for (const std::vector<Row>& rows : items) {
    for (const Row& row : rows) result.floats.insert(result.floats.end(), row.begin(), row.end());
  }
  return result;
}

std::vector<Comparison> figures_of(const EvaluatedValue& reference, const EvaluatedValue& actual) {
  const auto figures = compare(std::array{reference}, std::array{actual}, std::array{kSpec}, {});
  EXPECT_TRUE(figures) << figures.error().text();
  return figures ? *figures : std::vector<Comparison>{};
}

bool agree(const std::vector<Row>& reference, const std::vector<Row>& actual) {
  const std::vector<Comparison> figures = figures_of(value({reference}), value({actual}));
  return !figures.empty() && all_agree(figures);
}

constexpr float kTied = 0.5F + 1e-5F;

TEST(RankedRows, MayChangePlacesWhereScoresAreTied) {
  EXPECT_TRUE(
      agree({{100, kTied, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}}, {{200, kTied, 2}, {100, 0.5F, 1}, {300, 0.1F, 3}}));
}

TEST(RankedRows, AreOfAnotherClassByOneNumberWhateverIsTolerated) {
  const Tolerance wide{.relative = 0.02, .pixels = 0.5};
  for (const auto& [label, agrees] : {std::pair(79.0F, true), std::pair(78.0F, false), std::pair(80.0F, false)}) {
    const auto figures =
        compare(std::array{value({{{100, 0.9F, 79}, {200, 0.5F, 3}, {300, 0.1F, 3}}})},
                std::array{value({{{100, 0.9F, label}, {200, 0.5F, 3}, {300, 0.1F, 3}}})}, std::array{kSpec}, wide);
    ASSERT_TRUE(figures) << figures.error().text();
    EXPECT_EQ(all_agree(*figures), agrees) << label;
  }
}

TEST(RankedRows, MayNotChangePlacesWhereScoresAreDistant) {
  EXPECT_FALSE(
      agree({{100, 0.6F, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}}, {{200, 0.6F, 2}, {100, 0.5F, 1}, {300, 0.1F, 3}}));
}

TEST(RankedRows, AreComparedInEveryGroupWhereScoresAreTied) {
  const std::vector<Row> reference = {{100, kTied, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}};
  EXPECT_FALSE(agree(reference, {{200, kTied, 2}, {101, 0.5F, 1}, {300, 0.1F, 3}})) << "another box";
  EXPECT_FALSE(agree(reference, {{200, kTied, 1}, {100, 0.5F, 2}, {300, 0.1F, 3}})) << "the other's class";
  EXPECT_FALSE(agree(reference, {{100, kTied, 1}, {100, 0.5F, 1}, {300, 0.1F, 3}})) << "one row twice";
}

TEST(RankedRows, ShowHowFarTheNearestRowIs) {
  const auto figures = figures_of(value({{{100, kTied, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}}}),
                                  value({{{200, kTied, 2}, {101, 0.5F, 1}, {300, 0.1F, 3}}}));
  EXPECT_DOUBLE_EQ(figures[0].max_difference, 1.0);
  EXPECT_EQ(figures[0].worst_index, "[0, 0, 0]");
  EXPECT_DOUBLE_EQ(figures[2].max_difference, 0.0);
}

TEST(RankedRows, MayBeReplacedAtTheCut) {
  const std::vector<Row> reference = {{100, 0.9F, 1}, {200, 0.8F, 2}, {300, 0.5F, 3}};
  const auto figures = figures_of(value({reference}), value({{{100, 0.9F, 1}, {200, 0.8F, 2}, {400, kTied, 4}}}));
  EXPECT_TRUE(all_agree(figures));
  EXPECT_EQ(figures[0].replaced_rows, 1);
  EXPECT_FALSE(agree(reference, {{100, 0.9F, 1}, {400, 0.8F, 2}, {300, 0.5F, 3}})) << "above the cut";
  EXPECT_FALSE(agree(reference, {{100, 0.9F, 1}, {200, 0.8F, 2}, {400, 0.6F, 4}})) << "by another score";
}

TEST(RankedRows, AreNotReplacedWhereThereWereNoMore) {
  EXPECT_FALSE(agree({{100, 0.9F, 1}, {300, 1e-5F, 3}, {0, 0, 0}}, {{100, 0.9F, 1}, {400, 1e-5F, 4}, {0, 0, 0}}));
  EXPECT_TRUE(agree({{100, 0.9F, 1}, {0, 0, 0}, {0, 0, 0}}, {{100, 0.9F, 1}, {0, 0, 0}, {0, 0, 0}}));
  EXPECT_FALSE(agree({{100, 0.9F, 1}, {0, 0, 0}, {0, 0, 0}}, {{100, 0.9F, 1}, {300, 0, 0}, {0, 0, 0}}));
}

TEST(RankedRows, OfWhichMostAreReplacedProveNothing) {
  const auto figures =
      compare(std::array{value({{{100, 0.5F, 1}, {200, 0.5F, 2}, {300, 0.5F, 3}}})},
              std::array{value({{{400, 0.5F, 1}, {500, 0.5F, 2}, {300, 0.5F, 3}}})}, std::array{kSpec}, {});
  ASSERT_FALSE(figures);
  EXPECT_NE(figures.error().text().find("2 of 3 rows"), std::string::npos) << figures.error().text();
}

TEST(RankedRows, MayBeEqual) {
  EXPECT_TRUE(agree({{100, kTied, 1}, {100, 0.5F, 1}, {200, 0.5F, 1}, {300, 0.1F, 3}},
                    {{200, kTied, 1}, {100, 0.5F, 1}, {100, 0.5F, 1}, {300, 0.1F, 3}}));
  EXPECT_FALSE(agree({{100, kTied, 1}, {100, 0.5F, 1}, {200, 0.5F, 1}, {300, 0.1F, 3}},
                     {{200, kTied, 1}, {200, 0.5F, 1}, {100, 0.5F, 1}, {300, 0.1F, 3}}));
}

TEST(RankedRows, OfABatchStayInTheirImage) {
  const std::vector<Row> first = {{100, 0.5F, 1}, {200, 0.1F, 1}}, second = {{300, 0.5F, 1}, {400, 0.1F, 1}};
  EXPECT_TRUE(all_agree(figures_of(value({first, second}), value({first, second}))));
  EXPECT_FALSE(all_agree(figures_of(value({first, second}), value({second, first}))));
}

TEST(RankedRows, ThatAreNoNumbersDiffer) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<Row> reference = {{100, 0.6F, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}};
  EXPECT_FALSE(agree(reference, {{100, 0.6F, 1}, {nan, 0.5F, 2}, {300, 0.1F, 3}}));
  EXPECT_FALSE(agree(reference, {{100, 0.6F, 1}, {200, nan, 2}, {300, 0.1F, 3}}));
  EXPECT_FALSE(agree(reference, {{100, 0.6F, 1}, {200, 0.5F, 2}, {300, nan, 3}}));
  EXPECT_FALSE(
      agree({{100, 0.6F, 1}, {nan, 0.5F, 2}, {300, 0.1F, 3}}, {{100, 0.6F, 1}, {nan, 0.5F, 2}, {300, 0.1F, 3}}));
}

TEST(RankedRows, HaveAnOwnErrorThatNoSwapEnlarges) {
  const auto errors =
      own_error(std::array{value({{{200, kTied, 2}, {100.01F, 0.5F, 1}, {300, 0.1F, 3}}})},
                std::array{value({{{100, kTied, 1}, {200, 0.5F, 2}, {300, 0.1F, 3}}})}, std::array{kSpec});
  ASSERT_TRUE(errors);
  EXPECT_NEAR((*errors)[0], 0.01, 1e-4);
  EXPECT_EQ((*errors)[2], 0.0);
}

/// Boxes as parts of an input of 100 x 200 pixels, high and wide.
IoSpec parts_of_100_by_200(Rows rows) {
  IoSpec spec{
      .name = "output0",
      .layout = "NDC",
      .role = Role::kFeatures,
      .groups = {{.name = "boxes", .role = Role::kBoxesPx, .axis = 2, .begin = 0, .end = 4, .unit = Unit::kParts},
                 {.name = "scores", .role = Role::kScores, .axis = 2, .begin = 4, .end = 5}},
      .rows = rows};
  spec.image = {100, 200};
  return spec;
}

Comparison boxes_of(const std::vector<float>& expected, const std::vector<float>& actual, Rows rows) {
  const auto value = [](const std::vector<float>& rows_of_five) {
    EvaluatedValue out{"output0", DType::kFloat32, {1, static_cast<int64_t>(rows_of_five.size()) / 5, 5}, {}, {}, {}};
    out.floats = rows_of_five;
    return out;
  };
  const std::vector<EvaluatedValue> reference = {value(expected)}, found = {value(actual)};
  const std::vector<IoSpec> specs = {parts_of_100_by_200(rows)};
  const auto figures = compare(reference, found, specs, {2e-2, 0.5});
  EXPECT_TRUE(figures) << figures.error().text();
  return figures->front();
}

TEST(Units, PartsOfTheInputAreComparedInPixels) {
  const std::vector<float> row = {0.5F, 0.5F, 0.25F, 0.25F, 0.9F};
  // 0.004 of the width is 0.8 px, of the height 0.4 px: one is above half a pixel.
  const Comparison wide = boxes_of(row, {0.504F, 0.5F, 0.25F, 0.25F, 0.9F}, Rows::kFixed);
  EXPECT_NEAR(wide.max_difference, 0.8, 1e-4);
  EXPECT_EQ(wide.verdict, Comparison::Verdict::kDiffers);
  EXPECT_DOUBLE_EQ(wide.limit, 0.5);
  EXPECT_NEAR(wide.reference_magnitude, 100.0, 1e-4);
  EXPECT_EQ(unit_of(wide), "px");
  const Comparison high = boxes_of(row, {0.5F, 0.504F, 0.25F, 0.25F, 0.9F}, Rows::kFixed);
  EXPECT_NEAR(high.max_difference, 0.4, 1e-4);
  EXPECT_EQ(high.verdict, Comparison::Verdict::kAgrees);
}

TEST(Units, RankedRowsOfPartsAreAlignedInPixels) {
  // Two rows of one score that changed places: each finds its own, 0.4 px away.
  const std::vector<float> expected = {0.5F, 0.5F, 0.2F, 0.2F, 0.9F, 0.7F, 0.5F, 0.2F, 0.2F, 0.9F};
  const std::vector<float> actual = {0.7F, 0.504F, 0.2F, 0.2F, 0.9F, 0.5F, 0.504F, 0.2F, 0.2F, 0.9F};
  const Comparison figure = boxes_of(expected, actual, Rows::kRanked);
  EXPECT_NEAR(figure.max_difference, 0.4, 1e-4);
  EXPECT_EQ(figure.verdict, Comparison::Verdict::kAgrees);
}

TEST(Units, AreThoseOfKeypointsToo) {
  const Size2 image{100, 200};
  const ChannelGroup x{.name = "keypoints_x", .role = Role::kBoxesPx, .end = 6, .step = 3, .unit = Unit::kPartsOfWidth};
  EXPECT_DOUBLE_EQ(in_pixels(x, image).at(0).factor, 200.0);
  const ChannelGroup y{
      .name = "keypoints_y", .role = Role::kBoxesPx, .end = 6, .step = 3, .unit = Unit::kPartsOfHeight};
  EXPECT_DOUBLE_EQ(in_pixels(y, image).at(0).factor, 100.0);
  const ChannelGroup angle{.name = "angle", .role = Role::kFeatures, .end = 1, .unit = Unit::kParts};
  EXPECT_DOUBLE_EQ(in_pixels(angle, image).at(0).factor, 1.0);
}

TEST(ChannelGroups, OfEveryThirdChannelLeaveTheOthersOut) {
  const IoSpec spec = {.name = "keypoints",
                       .layout = "NC",
                       .role = Role::kFeatures,
                       .groups = {{.name = "x", .role = Role::kBoxesPx, .axis = 1, .begin = 0, .end = 6, .step = 3},
                                  {.name = "seen", .role = Role::kScores, .axis = 1, .begin = 2, .end = 6, .step = 3}}};
  const EvaluatedValue reference{"keypoints", DType::kFloat32, {1, 6}, {1, 2, 0.1F, 4, 5, 0.2F}, {}, {}};
  EvaluatedValue actual = reference;
  actual.floats[4] = 50;
  actual.floats[5] = 0.3F;
  const auto figures = compare(std::array{reference}, std::array{actual}, std::array{spec}, {});
  ASSERT_TRUE(figures);
  EXPECT_EQ((*figures)[0].max_difference, 0.0);
  EXPECT_NEAR((*figures)[1].max_difference, 0.1, 1e-6);
  EXPECT_EQ((*figures)[1].worst_index, "[0, 5]");
  EXPECT_NEAR((*figures)[1].reference_magnitude, 0.2, 1e-6);
}

}  // namespace
}  // namespace modelport
