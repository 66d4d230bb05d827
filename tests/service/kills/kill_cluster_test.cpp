#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <future>

#include "tests/service/kills/kill_places.h"

/// Two services that accept and three workers that run on one PostgreSQL; one of the five is killed.
namespace modelport {
namespace {

/// A driver that runs until it is told to end.
class Background {
 public:
  Background(const ScratchDirectory& scratch, const std::string& data, const std::string& task, int points,
             const std::map<std::string, std::string>& environment)
      : outcome_(std::async(std::launch::async, [=, this, directory = scratch.path()] {
          ProcessRequest request;
          request.arguments = {MODELPORT_KILL_DRIVER, directory, data, task, std::to_string(points)};
          request.environment = environment;
          request.grace = std::chrono::seconds(20);
          request.should_stop = [this] { return must_end_.load(); };
          request.on_line = [this](Stream, std::string_view line) { said_ += std::string(line) + "\n"; };
          auto outcome = system_process_runner().run(request);
          return outcome ? *outcome : ProcessOutcome();
        })) {}
  ~Background() { must_end_ = true; }

  bool has_ended() const { return outcome_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  ProcessOutcome end() {
    must_end_ = true;
    return outcome_.get();
  }
  const std::string& said() const { return said_; }

 private:
  std::atomic<bool> must_end_ = false;
  std::string said_;
  std::future<ProcessOutcome> outcome_;
};

const std::string kWorkers[] = {"worker-1", "worker-2", "worker-3"};

enum class Victim { kWorker, kApi };

/// Gives whether the victim was killed: it may have had less to do than that.
bool survive(Victim victim, int point) {
  const ScratchDirectory scratch;
  const auto environment = KillPlaces::shared().fresh(KillDatabase::kPostgres, KillStore::kLocal, scratch);
  const int of_worker = victim == Victim::kWorker ? point : 0, of_front = victim == Victim::kApi ? point : 0;
  std::map<std::string, std::unique_ptr<Background>> workers;
  for (const std::string& name : kWorkers) {
    const int points = name == kWorkers[0] ? of_worker : 0;
    workers[name] = std::make_unique<Background>(scratch, name, "worker", points, environment);
  }
  // With the same keys, and another request: whoever comes first has the job, and there is one of each key.
  Background other(scratch, "front-2", "front:failure", 0, environment);
  const Driven front = drive(scratch, "front-1", "front:export", of_front, environment);
  bool is_killed = front.outcome.signal == SIGKILL;
  EXPECT_TRUE(is_killed || front.outcome.exit_code == 0) << front.said;
  if (workers[kWorkers[0]]->has_ended()) {
    const ProcessOutcome outcome = workers[kWorkers[0]]->end();
    EXPECT_EQ(outcome.signal, SIGKILL) << workers[kWorkers[0]]->said();
    is_killed = true;
    // Every other time it comes back, and hands back at once what it had; otherwise its lease runs out.
    workers.erase(kWorkers[0]);
    if (point % 2 == 0)
      workers[kWorkers[0]] = std::make_unique<Background>(scratch, kWorkers[0], "worker", 0, environment);
  }
  while (!other.has_ended()) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(other.end().exit_code, 0) << other.said();
  const auto check = [&] {
    const Driven checked = drive(scratch, "front-1", "front:check", 0, environment);
    EXPECT_EQ(checked.outcome.exit_code, 0) << "point " << point << "\n" << checked.said;
  };
  check();
  for (auto& [name, worker] : workers) {
    const ProcessOutcome outcome = worker->end();
    if (name == kWorkers[0] && outcome.signal == SIGKILL) {
      // Only now, while it was idle or about to end.
      is_killed = true;
      check();
      continue;
    }
    EXPECT_EQ(outcome.exit_code, 0) << name << "\n" << worker->said();
    EXPECT_TRUE(std::filesystem::is_empty(scratch.path(name + "/work"))) << name;
  }
  return is_killed;
}

class KillCluster : public testing::TestWithParam<Victim> {};

TEST_P(KillCluster, LosesNothingWhicheverProcessIsKilled) {
  KillPlaces& places = KillPlaces::shared();
  if (const std::string missing = places.missing(KillDatabase::kPostgres, KillStore::kLocal); !missing.empty())
    GTEST_SKIP() << missing;
  const std::string name = GetParam() == Victim::kWorker ? "cluster_worker" : "cluster_front";
  // A service that only accepts passes fewer points than one that runs.
  const int most = GetParam() == Victim::kWorker ? 100 : 30, one = GetParam() == Victim::kWorker ? 33 : 7;
  int killed = 0, swept = 0;
  for (int point = places.is_whole() ? 1 : one; point <= (places.is_whole() ? most : one); ++point) {
    int kills = places.progress().kills_at(name, point);
    if (kills < 0) {
      kills = int{survive(GetParam(), point)};
      if (!HasFailure()) places.progress().note(name, point, kills);
    }
    killed += kills;
    ++swept;
  }
  EXPECT_GE(killed, 1);
  std::printf("%s: killed %d times, at %d points\n", name.c_str(), killed, swept);
  places.killed += killed;
  places.points += swept;
}

INSTANTIATE_TEST_SUITE_P(Victims, KillCluster, testing::Values(Victim::kWorker, Victim::kApi),
                         [](const auto& tested) { return tested.param == Victim::kWorker ? "worker" : "front"; });

}  // namespace
}  // namespace modelport
