#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "process/process_runner.h"
#include "process/process_tree.h"
#include "tests/service/scratch_directory.h"

/// The service is killed at every point along a job, started again, and held to its invariants.
namespace modelport {
namespace {

struct Ended {
  ProcessOutcome outcome;
  std::string said;
};

Ended drive(const ScratchDirectory& scratch, const std::string& behaviour, int points) {
  Ended ended;
  ProcessRequest request;
  request.arguments = {MODELPORT_KILL_DRIVER, scratch.path(), MODELPORT_SOURCE_DIR "/tests/service/exporters/plain.sh",
                       behaviour, std::to_string(points)};
  request.timeout = std::chrono::minutes(5);
  request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout) ended.said += std::string(line) + "\n";
  };
  auto outcome = system_process_runner().run(request);
  EXPECT_TRUE(outcome);
  if (outcome) ended.outcome = *outcome;
  return ended;
}

/// How many points a run passes that nothing kills.
int points_of(const std::string& behaviour) {
  const ScratchDirectory scratch;
  const Ended ended = drive(scratch, behaviour, 1'000'000);
  EXPECT_EQ(ended.outcome.exit_code, 3) << ended.said;
  return std::atoi(ended.said.c_str());
}

class KillSweep : public testing::TestWithParam<std::string> {};

TEST_P(KillSweep, LosesNothingWhereverItIsKilled) {
  const int points = points_of(GetParam());
  ASSERT_GT(points, 30);
  const bool is_whole = std::getenv("MODELPORT_TEST_ALL") != nullptr;
  const int step = is_whole ? 1 : points / 6;
  int killed = 0;
  for (int point = 1; point <= points; point += step) {
    const ScratchDirectory scratch;
    const Ended first = drive(scratch, GetParam(), point);
    // The order of threads varies a little, so that the last points are not always reached.
    if (first.outcome.signal != SIGKILL) continue;
    ++killed;
    // Killed once more while it recovers, or soon after.
    const Ended second = drive(scratch, GetParam(), -(1 + point % 9));
    killed += second.outcome.signal == SIGKILL;
    for (const char* time : {"third", "fourth"}) {
      const Ended later = drive(scratch, GetParam(), 0);
      EXPECT_EQ(later.outcome.exit_code, 0)
          << "started a " << time << " time after point " << point << " of " << points << "\n"
          << later.said;
    }
  }
  EXPECT_GE(killed, is_whole ? points / 2 : 3);
  std::printf("service kills survived: %d, along %d points (%s)\n", killed, points, GetParam().c_str());
}

INSTANTIATE_TEST_SUITE_P(Behaviours, KillSweep, testing::Values("companion", "exit1", "slow"),
                         [](const auto& tested) { return tested.param; });

}  // namespace
}  // namespace modelport
