#include "process/control_groups.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "process/confined_run.h"

namespace modelport {
namespace {

namespace fs = std::filesystem;
using Version = ControlGroups::Version;
constexpr uint64_t kMegabyte = uint64_t{1} << 20;

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// A directory tree that stands for /sys/fs/cgroup.
class StandIn : public testing::Test {
 protected:
  StandIn() {
    std::string path = (fs::temp_directory_path() / "modelport-groups-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) ADD_FAILURE() << "cannot make " << path;
    root_ = path;
  }
  ~StandIn() override {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  void write(const std::string& name, const std::string& text) {
    fs::create_directories(fs::path(root_ + "/" + name).parent_path());
    std::ofstream(root_ + "/" + name) << text;
  }
  std::string read(const std::string& name) { return text_of(root_ + "/" + name); }
  ControlGroups find() { return find_control_groups({root_ + "/mount", root_ + "/own"}); }
  std::string root_;
};

TEST_F(StandIn, OfVersionTwoMovesThisProcessOutOfTheWay) {
  write("own", "0::/system.slice/modelport.service\n");
  const std::string group = "mount/system.slice/modelport.service";
  write(group + "/cgroup.procs", "1\n");
  write(group + "/cgroup.controllers", "cpu memory pids\n");
  write(group + "/cgroup.subtree_control", "\n");
  // Limits appear with the kernel only, so that the trial fails; the way there is seen all the same.
  EXPECT_EQ(find().version, Version::kNone);
  EXPECT_EQ(read(group + "/modelport.itself/cgroup.procs"), std::to_string(::getpid()));
  EXPECT_EQ(read(group + "/cgroup.subtree_control"), "+memory +pids");
}

TEST_F(StandIn, OfVersionTwoIsFoundAgainFromWhereThisProcessMoved) {
  write("own", "0::/given/modelport.itself\n");
  write("mount/given/modelport.itself/cgroup.procs", "1\n");
  write("mount/given/cgroup.procs", "");
  write("mount/given/cgroup.controllers", "cpu memory pids\n");
  write("mount/given/cgroup.subtree_control", "memory pids\n");
  EXPECT_EQ(find().version, Version::kNone);
  EXPECT_NE(find().detail.find("mount/given/modelport.try"), std::string::npos) << find().detail;
}

TEST_F(StandIn, OfVersionTwoIsLeftAloneWithoutTheControllers) {
  write("own", "0::/\n");
  write("mount/cgroup.procs", "1\n");
  write("mount/cgroup.controllers", "cpu hugetlb\n");
  const ControlGroups found = find();
  EXPECT_EQ(found.version, Version::kNone);
  EXPECT_NE(found.detail.find("memory and pids"), std::string::npos) << found.detail;
  EXPECT_FALSE(fs::exists(root_ + "/mount/modelport.itself"));
}

TEST_F(StandIn, WritesTheLimitsOfARun) {
  const ControlGroups groups{Version::kV2, root_, root_, ""};
  for (const char* name : {"run/memory.max", "run/memory.swap.max", "run/pids.max", "run/cgroup.procs"})
    write(name, "");
  write("run/memory.events", "low 0\noom 1\noom_kill 0\n");
  const auto group = RunGroup::make(groups, "run");
  ASSERT_TRUE(group) << group.error().text();
  ASSERT_TRUE(group->hold_to({300 * kMegabyte, 17}));
  EXPECT_EQ(read("run/memory.max"), "314572800");
  EXPECT_EQ(read("run/memory.swap.max"), "0");
  EXPECT_EQ(read("run/pids.max"), "17");
  EXPECT_FALSE(group->is_out_of_memory());
  write("run/memory.events", "low 0\noom 1\noom_kill 2\n");
  EXPECT_TRUE(group->is_out_of_memory());
  write("run/pids.events", "max 0\n");
  EXPECT_FALSE(group->is_out_of_processes());
  write("run/pids.events", "max 3\n");
  EXPECT_TRUE(group->is_out_of_processes());
  EXPECT_EQ(group->entrances(), std::vector<std::string>{root_ + "/run/cgroup.procs"});
}

TEST_F(StandIn, SaysThatThereAreNone) {
  write("own", "");
  EXPECT_EQ(find().version, Version::kNone);
  EXPECT_FALSE(find().detail.empty());
}

/// The kernel's own, where this machine lets groups be made.
class KernelGroups : public testing::Test {
 protected:
  void SetUp() override {
    groups_ = find_control_groups();
    if (groups_.version == Version::kNone) GTEST_SKIP() << groups_.detail;
  }
  ConfinedRequest shell(const std::string& script) {
    ConfinedRequest request;
    request.arguments = {"/bin/sh", "-c", script};
    request.environment = {{"PATH", "/usr/bin:/bin"}};
    request.working_directory = "/";
    request.groups = groups_;
    request.group = "modelport.test." + std::to_string(::getpid());
    request.timeout = std::chrono::minutes(1);
    request.on_line = [this](Stream, std::string_view line) { said_ += std::string(line) + "\n"; };
    return request;
  }
  bool is_gone(const std::string& name) {
    return !fs::exists(groups_.memory + "/" + name) && !fs::exists(groups_.processes + "/" + name);
  }
  ControlGroups groups_;
  std::string said_;
};

TEST_F(KernelGroups, HoldARunAndAreGoneAfterIt) {
  ConfinedRequest request = shell("cat /proc/self/cgroup");
  request.memory_bytes = 100 * kMegabyte;
  request.processes = 50;
  const auto outcome = run_confined(request);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->exit_code, 0);
  EXPECT_NE(said_.find(request.group), std::string::npos) << said_;
  EXPECT_TRUE(is_gone(request.group));
}

TEST_F(KernelGroups, EndWhatTakesTooMuchMemoryAtOnce) {
  // tail keeps all that it may have to print.
  ConfinedRequest request = shell("head -c 400000000 /dev/zero | tail -c 400000000 | wc -c; exit 1");
  request.memory_bytes = 50 * kMegabyte;
  const auto outcome = run_confined(request);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->ended, ConfinedOutcome::Ended::kOutOfMemory);
  EXPECT_LT(outcome->peak_resident_bytes, 60 * kMegabyte);
}

TEST_F(KernelGroups, LetNobodyForkBeyondTheLimit) {
  ConfinedRequest request = shell("i=0; while [ $i -lt 200 ]; do sleep 5 & i=$((i + 1)); done; sleep 5");
  request.processes = 20;
  size_t most = 0;
  std::atomic<bool> is_over = false;
  std::thread watcher([&] {
    while (!is_over) {
      size_t members = 0;
      std::ifstream file(groups_.processes + "/" + request.group + "/cgroup.procs");
      for (pid_t pid = 0; file >> pid;) ++members;
      most = std::max(most, members);
    }
  });
  const auto outcome = run_confined(request);
  is_over = true;
  watcher.join();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_LE(most, 21u);
  EXPECT_EQ(outcome->ended, ConfinedOutcome::Ended::kTooManyProcesses);
  EXPECT_TRUE(is_gone(request.group));
}

TEST_F(KernelGroups, EndWhatIsNeverTheSameProcessForLong) {
  ConfinedRequest request = shell("trap '' TERM; comet() { comet & }; comet; sleep 100");
  request.timeout = std::chrono::milliseconds(300);
  request.grace = std::chrono::milliseconds(0);
  std::atomic<bool> is_over = false, is_held = false;
  std::thread watcher([&] {
    while (!is_over) {
      std::string most;
      std::ifstream(groups_.processes + "/" + request.group + "/pids.max") >> most;
      if (most == "0") is_held = true;
    }
  });
  const auto outcome = run_confined(request);
  is_over = true;
  watcher.join();
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_EQ(outcome->ended, ConfinedOutcome::Ended::kTimedOut);
  EXPECT_TRUE(is_held) << "it could have outrun its end";
  EXPECT_TRUE(is_gone(request.group));
}

TEST_F(KernelGroups, EndWhatEndedItsSupervisorAndHidItself) {
  // Its session, its parent and its environment are others; the group is the same.
  ConfinedRequest request =
      shell("(setsid env -i /bin/sleep 47.11 >/dev/null 2>&1 </dev/null &) ; sleep 0.3; kill -KILL $PPID; sleep 5");
  const auto outcome = run_confined(request);
  ASSERT_TRUE(outcome) << outcome.error().text();
  EXPECT_TRUE(is_gone(request.group));
  size_t survivors = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const std::string command = text_of(entry.path().string() + "/cmdline");
    survivors += command.find("47.11") != std::string::npos && command.starts_with("/bin/sleep");
  }
  EXPECT_EQ(survivors, 0u);
}

TEST_F(KernelGroups, AreRemovedThatAKilledProcessLeft) {
  const std::string name = "modelport.left." + std::to_string(::getpid());
  {
    auto group = RunGroup::make(groups_, name + ".1");
    ASSERT_TRUE(group);
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) ::pause();
    }
    for (const std::string& entrance : group->entrances()) std::ofstream(entrance) << child << std::flush;
    remove_groups(groups_, name);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(WTERMSIG(status), SIGKILL);
    remove_groups(groups_, name);
    EXPECT_TRUE(is_gone(name + ".1"));
  }
}

}  // namespace
}  // namespace modelport
