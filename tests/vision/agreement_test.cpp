#include "vision/agreement.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

Detection detection(std::array<double, 4> box, double score, int64_t class_index = 0) {
  Detection made;
  made.box = box;
  made.score = score;
  made.class_index = class_index;
  return made;
}

Prediction boxes(std::vector<Detection> detections) {
  Prediction made;
  made.kind = PredictionKind::kBoxes;
  made.detections = std::move(detections);
  return made;
}

constexpr std::array<double, 4> kWhole = {0, 0, 200, 149};

TEST(Agreement, TellsBoxesThatCoverThePictureApartByTheirScores) {
  const Prediction first = boxes({detection(kWhole, 0.9), detection(kWhole, 0.6), detection(kWhole, 0.3)});
  const Prediction second = boxes({detection(kWhole, 0.9001), detection(kWhole, 0.6), detection(kWhole, 0.3)});
  const Agreement agreement = agreement_of(first, second);
  EXPECT_EQ(agreement.matched, 3);
  EXPECT_NEAR(agreement.score_difference, 0.0001, 1e-9);
}

TEST(Agreement, PairsNothingOfAnotherClassOrPlace) {
  const Prediction first = boxes({detection({0, 0, 10, 10}, 0.9, 0), detection({50, 50, 60, 60}, 0.8, 1)});
  const Prediction second = boxes({detection({0, 0, 10, 10}, 0.9, 1), detection({56, 50, 66, 60}, 0.8, 1)});
  EXPECT_EQ(agreement_of(first, second).matched, 0);
}

TEST(Agreement, ReportsTheFarthestCoordinateOfPairs) {
  const Prediction first = boxes({detection({0, 0, 10, 10}, 0.9), detection({50, 50, 60, 60}, 0.8)});
  const Prediction second = boxes({detection({50, 50, 60, 60.5}, 0.8), detection({0, 0.25, 10, 10}, 0.9)});
  const Agreement agreement = agreement_of(first, second);
  EXPECT_EQ(agreement.matched, 2);
  EXPECT_DOUBLE_EQ(agreement.box_difference, 0.5);
}

}  // namespace
}  // namespace modelport
