#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "tests/service/kills/kill_client.h"
#include "tests/service/kills/kill_places.h"

/// The service is killed at every statement and every named point along a job, started again, killed while it recovers,
/// and held to its invariants: on both databases, with both stores.
namespace modelport {
namespace {

struct Sweep {
  KillDatabase database;
  KillStore store;
  std::string scenario;

  std::string name() const {
    constexpr const char* kStores[] = {"local", "bucket", "bucket_in_parts"};
    return fmt::format("{}_{}_{}", database == KillDatabase::kSqlite ? "sqlite" : "postgres",
                       kStores[static_cast<size_t>(store)], scenario);
  }
};

std::vector<Sweep> all_sweeps() {
  std::vector<Sweep> sweeps;
  for (const KillDatabase database : {KillDatabase::kSqlite, KillDatabase::kPostgres}) {
    for (const KillStore store : {KillStore::kLocal, KillStore::kBucket}) {
      for (const KillScenario& scenario : kill_scenarios()) sweeps.push_back({database, store, scenario.name});
    }
    sweeps.push_back({database, KillStore::kBucketInParts, "export"});
  }
  return sweeps;
}

/// While it recovers from one kill it is killed again at one of so many points.
constexpr int kRecoveryPoints = 24;
/// In the long form every so many points somebody asks again.
constexpr int kAskedAgain = 4;

class KillSweep : public testing::TestWithParam<Sweep> {
 protected:
  /// How many points a run passes that nothing kills.
  int points() {
    const ScratchDirectory scratch;
    const Driven driven = drive(scratch, "data", GetParam().scenario, 0, fresh(scratch));
    EXPECT_EQ(driven.outcome.exit_code, 0) << driven.said;
    return std::atoi(driven.said.c_str());
  }

  std::map<std::string, std::string> fresh(const ScratchDirectory& scratch) {
    return places_.fresh(GetParam().database, GetParam().store, scratch);
  }

  /// Kills at this point and once more while that is put right; gives how often it was killed.
  int survive(int point) {
    const ScratchDirectory scratch;
    const auto environment = fresh(scratch);
    const Driven first = drive(scratch, "data", GetParam().scenario, point, environment);
    // The order of threads varies a little, so that the last points are not always reached.
    if (first.outcome.signal != SIGKILL) {
      EXPECT_EQ(first.outcome.exit_code, 0) << GetParam().name() << ", point " << point << "\n" << first.said;
      return 0;
    }
    const Driven second = drive(scratch, "data", "check", 1 + point % kRecoveryPoints, environment);
    const bool is_killed_again = second.outcome.signal == SIGKILL;
    const Driven third = is_killed_again ? drive(scratch, "data", "check", 0, environment) : second;
    EXPECT_EQ(third.outcome.exit_code, 0) << GetParam().name() << ", started again after point " << point << "\n"
                                          << third.said;
    if (places_.is_whole() && point % kAskedAgain != 0) return 1 + int{is_killed_again};
    // What somebody would do who was cut off: the same again. Nothing may come of it twice.
    const Driven fourth = drive(scratch, "data", GetParam().scenario, 0, environment);
    EXPECT_EQ(fourth.outcome.exit_code, 0) << GetParam().name() << ", asked again after point " << point << "\n"
                                           << fourth.said;
    const Driven fifth = drive(scratch, "data", "check", 0, environment);
    EXPECT_EQ(fifth.outcome.exit_code, 0) << GetParam().name() << ", asked again after point " << point << "\n"
                                          << fifth.said;
    return 1 + int{is_killed_again};
  }

  KillPlaces& places_ = KillPlaces::shared();
};

TEST_P(KillSweep, LosesNothingWhereverItIsKilled) {
  if (const std::string missing = places_.missing(GetParam().database, GetParam().store); !missing.empty())
    GTEST_SKIP() << missing;
  const int most = points();
  ASSERT_GT(most, 40);
  // The short form takes one point of each sweep, elsewhere in each.
  const int step = places_.is_whole() ? 1 : most;
  const int from = places_.is_whole() ? 1 : 1 + static_cast<int>(std::hash<std::string>()(GetParam().name()) % most);
  int killed = 0, swept = 0;
  for (int point = from; point <= most; point += step) {
    int kills = places_.progress().kills_at(GetParam().name(), point);
    if (kills < 0) {
      kills = survive(point);
      if (!HasFailure()) places_.progress().note(GetParam().name(), point, kills);
    }
    killed += kills;
    ++swept;
  }
  EXPECT_GE(killed, places_.is_whole() ? swept / 2 : 0);
  std::printf("%s: killed %d times, at %d of %d points\n", GetParam().name().c_str(), killed, swept, most);
  places_.killed += killed;
  places_.points += swept;
  ++places_.sweeps;
}

INSTANTIATE_TEST_SUITE_P(Places, KillSweep, testing::ValuesIn(all_sweeps()),
                         [](const auto& tested) { return tested.param.name(); });

/// Says what all sweeps came to, behind them.
class Tally : public testing::Environment {
 public:
  void TearDown() override {
    KillPlaces& places = KillPlaces::shared();
    std::printf("service kills survived: %d, at %d points\n", places.killed, places.points);
    EXPECT_GT(places.killed, 0);
    const bool was_everything = places.sweeps == static_cast<int>(all_sweeps().size());
    if (places.is_whole() && was_everything && !testing::UnitTest::GetInstance()->Failed()) places.progress().finish();
  }
};
const auto* const kTally = testing::AddGlobalTestEnvironment(new Tally);

}  // namespace
}  // namespace modelport
