#include "export/proof_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "export/precision_limits.h"

namespace modelport {
namespace {

using testing::ElementsAre;
using When = ProofLink::When;
using Room = ProofLink::Room;

constexpr Precision kExact{}, kRounded{DType::kFloat16, DType::kFloat16}, kRoundedWeights{DType::kFloat16};

std::vector<When> when(Precision precision) {
  std::vector<When> answers;
  for (const ProofLink& link : proof_links()) answers.push_back(link.when(precision));
  return answers;
}

std::vector<double> relative(Precision precision) {
  std::vector<double> limits;
  for (const ProofLink& link : proof_links())
    limits.push_back(link.tolerance(precision, default_tolerance(precision)).relative);
  return limits;
}

TEST(ProofLinks, AreProvenWhereAPrecisionNeedsThem) {
  EXPECT_THAT(when(kExact), ElementsAre(When::kInDoubt, When::kInDoubt, When::kAlways, When::kNever, When::kAlways));
  EXPECT_THAT(when(kRounded), ElementsAre(When::kAlways, When::kAlways, When::kAlways, When::kNever, When::kAlways));
  EXPECT_THAT(when(kRoundedWeights),
              ElementsAre(When::kAlways, When::kAlways, When::kAlways, When::kAlways, When::kAlways));
}

TEST(ProofLinks, HoldRewritesAndFilesAsCloselyInAnyPrecision) {
  EXPECT_THAT(relative(kExact), ElementsAre(2e-5, 2e-5, 2e-5, 2e-5, 2e-5));
  EXPECT_THAT(relative(kRounded), ElementsAre(2e-5, 2e-5, 2e-2, 2e-2, 2e-2));
}

TEST(ProofLinks, LeaveNoRoomInTheFileOfRoundedWeights) {
  const ProofLink& whole = proof_links()[2];
  ASSERT_EQ(whole.held, ProofStage::kFile);
  ASSERT_EQ(whole.to, ProofStage::kCheckpoint);
  EXPECT_EQ(whole.room(kExact), Room::kOwnError);
  EXPECT_EQ(whole.room(kRounded), Room::kNone);
  EXPECT_EQ(whole.room(kRoundedWeights), Room::kNone);
}

/// Each link begins where another ends, so that nothing between the checkpoint and an engine is left out.
TEST(ProofLinks, ReachFromTheCheckpointToTheEngine) {
  for (const ProofLink& link : proof_links()) EXPECT_GT(link.held, link.to);
  for (const ProofStage stage : {ProofStage::kRewritten, ProofStage::kFile, ProofStage::kEngine}) {
    EXPECT_TRUE(std::ranges::any_of(proof_links(), [&](const ProofLink& link) { return link.held == stage; }));
  }
}

}  // namespace
}  // namespace modelport
