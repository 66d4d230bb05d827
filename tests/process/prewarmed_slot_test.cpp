#include "process/prewarmed_slot.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "process/confined_run.h"

namespace modelport {
namespace {

namespace fs = std::filesystem;

/// With control groups where this machine lets them be made, else without.
class Places : public testing::Test {
 protected:
  size_t groups_left() {
    size_t left = 0;
    if (groups_.version == ControlGroups::Version::kNone) return left;
    for (const std::string& parent : {groups_.memory, groups_.processes}) {
      for (const auto& entry : fs::directory_iterator(parent))
        left += entry.path().filename().string().starts_with(prefix_);
    }
    return left;
  }
  /// Whether this is so before ten seconds are over.
  template <class Condition>
  static bool comes_true(Condition condition) {
    for (int i = 0; i < 1000; ++i) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  static bool is_there(pid_t pid) { return ::kill(pid, 0) == 0; }
  static ConfinedRequest shell(const std::string& script) {
    ConfinedRequest request;
    request.arguments = {"/bin/sh", "-c", script};
    request.environment = {{"PATH", "/usr/bin:/bin"}};
    request.working_directory = "/";
    return request;
  }

  const ControlGroups groups_ = find_control_groups();
  const std::string prefix_ = "modelport.places." + std::to_string(::getpid()) + ".";
};

TEST_F(Places, RunOneProgramEach) {
  {
    PrewarmedSlot places(groups_, prefix_);
    for (int i = 0; i < 5; ++i) {
      auto place = places.take();
      ASSERT_TRUE(place) << place.error().text();
      const auto outcome = run_confined(shell("exit " + std::to_string(i)), *std::move(place));
      ASSERT_TRUE(outcome) << outcome.error().text();
      EXPECT_EQ(outcome->exit_code, i);
    }
  }
  EXPECT_EQ(groups_left(), 0u);
}

TEST_F(Places, AreMadeBeforeTheyAreWanted) {
  PrewarmedSlot places(groups_, prefix_);
  places.prewarm();
  // The two groups, where there are any, and the process that waits in them.
  if (groups_.version != ControlGroups::Version::kNone) {
    ASSERT_TRUE(comes_true([&] { return groups_left() > 0; }));
    const size_t made = groups_left();
    ASSERT_TRUE(places.take());
    // Another takes the place of the one that was taken and is gone.
    EXPECT_TRUE(comes_true([&] { return groups_left() == made; })) << groups_left() << " in place of " << made;
  }
}

TEST_F(Places, AreReplacedThatSomebodyEnded) {
  PrewarmedSlot places(groups_, prefix_);
  places.prewarm();
  const auto waiting = [] {
    pid_t pid = 0;
    for (const auto& thread : fs::directory_iterator("/proc/self/task"))
      std::ifstream(thread.path() / "children") >> pid;
    return pid;
  };
  ASSERT_TRUE(comes_true([&] { return waiting() != 0; }));
  const pid_t supervisor = waiting();
  ::kill(supervisor, SIGKILL);
  ASSERT_TRUE(comes_true([&] {
    std::string field;
    std::ifstream status("/proc/" + std::to_string(supervisor) + "/stat");
    return (status >> field >> field >> field) && field == "Z";
  }));
  auto place = places.take();
  ASSERT_TRUE(place) << place.error().text();
  const auto outcome = run_confined(shell("exit 5"), *std::move(place));
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 5);
}

TEST_F(Places, AreGoneWhereNoProgramCame) {
  pid_t supervisor = -1;
  {
    const auto place = ExecutionSlot::make(groups_, run_group_name(prefix_));
    ASSERT_TRUE(place) << place.error().text();
    supervisor = place->supervisor.pid;
    EXPECT_TRUE(is_there(supervisor));
  }
  EXPECT_FALSE(is_there(supervisor));
  EXPECT_EQ(groups_left(), 0u);
}

TEST_F(Places, TakeTheLongestArguments) {
  ConfinedRequest request = shell("test ${#0} = 100000 && test ${#LONG} = 100000");
  request.arguments.emplace_back(100000, 'x');
  request.environment["LONG"] = std::string(100000, 'y');
  for (int i = 0; i < 10; ++i) request.environment["MORE" + std::to_string(i)] = std::string(100000, 'z');
  const auto outcome = run_confined(request);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 0);
}

/// What it had ready and what it ran ends, and its groups go, though nobody cleans up after it.
TEST_F(Places, LeaveNothingOfAProcessThatIsKilled) {
  const std::string pids = fs::temp_directory_path() / (prefix_ + "pids");
  const pid_t child = ::fork();
  if (child == 0) {
    PrewarmedSlot places(groups_, prefix_);
    auto place = places.take();
    std::ofstream(pids) << place->supervisor.pid << std::endl;
    ConfinedRequest request = shell("(setsid sleep 300 &) ; sleep 300");
    request.on_started = [&](const ProcessIdentity& program) {
      std::ofstream(pids, std::ios::app) << program.pid << " end" << std::endl;
    };
    (void)run_confined(request, *std::move(place));
    ::_exit(0);
  }
  std::string end;
  pid_t supervisor = 0, program = 0;
  ASSERT_TRUE(comes_true([&] { return !!(std::ifstream(pids) >> supervisor >> program >> end); }));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(comes_true([&] { return !is_there(supervisor) && !is_there(program); }));
  EXPECT_TRUE(comes_true([&] { return groups_left() == 0; }));
  fs::remove(pids);
}

}  // namespace
}  // namespace modelport
