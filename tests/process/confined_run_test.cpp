#include "process/confined_run.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "process/spawn.h"
#include "process/supervisor.h"

namespace modelport {
namespace {

using Ended = ConfinedOutcome::Ended;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

class ConfinedRun : public testing::Test {
 protected:
  ConfinedRequest shell(const std::string& script) {
    ConfinedRequest request;
    request.arguments = {"/bin/sh", "-c", script};
    request.environment = {{"PATH", "/usr/bin:/bin"}, {"MARK", mark_}};
    request.working_directory = "/";
    request.on_line = [this](Stream stream, std::string_view line) {
      (stream == Stream::kStdout ? out_ : err_).emplace_back(line);
    };
    return request;
  }
  ConfinedOutcome run(const ConfinedRequest& request) {
    auto outcome = run_confined(request);
    EXPECT_TRUE(outcome) << outcome.error().text();
    return *outcome;
  }
  /// Whether a process of this test still runs.
  size_t survivors() { return kill_marked("MARK", mark_); }

  const std::string mark_ = "confined-run-" + std::to_string(::getpid());
  std::vector<std::string> out_, err_;
};

TEST_F(ConfinedRun, GivesLinesExitCodeAndIdentity) {
  ConfinedRequest request = shell("echo $$; echo two >&2; sleep 0.3; printf three; exit 7");
  ProcessIdentity started;
  request.on_started = [&](const ProcessIdentity& program) { started = program; };
  const ConfinedOutcome outcome = run(request);
  EXPECT_EQ(outcome.exit_code, 7);
  EXPECT_EQ(outcome.ended, Ended::kByItself);
  EXPECT_THAT(out_, ElementsAre(std::to_string(started.pid), "three"));
  EXPECT_THAT(err_, ElementsAre("two"));
  EXPECT_FALSE(is_running(started));
  EXPECT_GT(outcome.peak_resident_bytes, 0u);
}

TEST_F(ConfinedRun, TellsASignal) {
  const ConfinedOutcome outcome = run(shell("kill -SEGV $$"));
  EXPECT_FALSE(outcome.exit_code);
  EXPECT_EQ(outcome.signal, SIGSEGV);
}

TEST_F(ConfinedRun, SaysThatAProgramIsMissing) {
  ConfinedRequest request = shell("");
  request.arguments = {"/nowhere/program"};
  const auto outcome = run_confined(request);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kNotFound);
  request.arguments = {"/etc/passwd"};
  EXPECT_EQ(run_confined(request).error().code, ErrorCode::kUnreadable);
}

TEST_F(ConfinedRun, InheritsNothing) {
  ASSERT_EQ(::setenv("SECRET_OF_THE_SERVICE", "x", 1), 0);
  const int leaked = ::open("/etc/passwd", O_RDONLY);
  ASSERT_GE(leaked, 0);
  run(
      shell("env; ls -l /proc/self/fd | wc -l; grep -E 'NoNewPrivs|SigBlk|SigIgn' /proc/self/status; ulimit -c; "
            "read x || echo no input; [ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo own session"));
  ::close(leaked);
  std::string all;
  for (const std::string& line : out_) all += line + "\n";
  EXPECT_THAT(all, testing::Not(HasSubstr("SECRET_OF_THE_SERVICE")));
  // "total", the three streams, and the directory that ls itself reads.
  EXPECT_THAT(out_, testing::Contains("5"));
  EXPECT_THAT(out_, testing::Contains("NoNewPrivs:\t1"));
  EXPECT_THAT(out_, testing::Contains("SigBlk:\t0000000000000000"));
  EXPECT_THAT(out_, testing::Contains("SigIgn:\t0000000000000000"));
  EXPECT_THAT(out_, testing::Contains("0"));
  EXPECT_THAT(out_, testing::Contains("no input"));
  EXPECT_THAT(out_, testing::Contains("own session"));
}

TEST_F(ConfinedRun, LeavesNoDaemonBehind) {
  // Twice forked, in a session of its own, without its streams.
  const ConfinedOutcome outcome =
      run(shell("(setsid sh -c 'setsid sleep 300 </dev/null >/dev/null 2>&1 & exit 0' & ) ; sleep 0.2; exit 0"));
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(survivors(), 0u);
}

TEST_F(ConfinedRun, EndsWhatIgnoresSigterm) {
  ConfinedRequest request = shell("trap '' TERM; sleep 300 & while :; do sleep 1; done");
  request.timeout = milliseconds(200);
  request.grace = milliseconds(200);
  const ConfinedOutcome outcome = run(request);
  EXPECT_EQ(outcome.ended, Ended::kTimedOut);
  EXPECT_EQ(outcome.signal, SIGKILL);
  EXPECT_EQ(survivors(), 0u);
}

TEST_F(ConfinedRun, LetsAProgramEndByItselfWithinTheGrace) {
  ConfinedRequest request = shell("trap 'echo asked; exit 5' TERM; while :; do sleep 0.05; done");
  bool is_up = false;
  request.on_started = [&](const ProcessIdentity&) { is_up = true; };
  int looks = 0;
  request.should_stop = [&] { return is_up && ++looks > 3 ? StopOrder::kTerminate : StopOrder::kGoOn; };
  request.grace = std::chrono::minutes(1);
  const ConfinedOutcome outcome = run(request);
  EXPECT_EQ(outcome.ended, Ended::kStopped);
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(out_, ElementsAre("asked"));
}

TEST_F(ConfinedRun, HoldsMemoryProcessesAndOutput) {
  ConfinedRequest hungry = shell("x=$(head -c 300000000 /dev/zero | tr '\\0' x); sleep 300");
  hungry.memory_bytes = 100'000'000;
  EXPECT_EQ(run(hungry).ended, Ended::kOutOfMemory);

  ConfinedRequest many = shell("for i in 1 2 3 4 5 6 7 8 9; do sleep 300 & done; wait");
  many.processes = 5;
  EXPECT_EQ(run(many).ended, Ended::kTooManyProcesses);

  ConfinedRequest wide = shell("sleep 300");
  wide.is_over_output_limit = [] { return true; };
  EXPECT_EQ(run(wide).ended, Ended::kOutputLimit);

  ConfinedRequest large = shell("exec head -c 3000000 /dev/zero > \"$FILE\"");
  const std::string file = testing::TempDir() + mark_;
  large.environment["FILE"] = file;
  large.file_bytes = 1'000'000;
  EXPECT_EQ(run(large).ended, Ended::kOutputLimit);
  ::unlink(file.c_str());
  EXPECT_EQ(survivors(), 0u);
}

TEST_F(ConfinedRun, IsNotBlockedByMuchOutput) {
  ConfinedRequest request = shell("yes short | head -n 200000; head -c 100000 /dev/zero | tr '\\0' x >&2");
  request.max_line_bytes = 1000;
  EXPECT_EQ(run(request).exit_code, 0);
  EXPECT_EQ(out_.size(), 200000u);
  EXPECT_EQ(err_.size(), 100u);
}

TEST_F(ConfinedRun, EndsWithTheProcessThatStartedIt) {
  // A process that starts a run and is killed: its supervisor sees the link end and kills what it watches.
  const pid_t parent = ::fork();
  ASSERT_GE(parent, 0);
  if (parent == 0) {
    (void)run_confined(shell("setsid sleep 300 & sleep 300"));
    ::_exit(0);
  }
  const auto sleeping = [&] { return tree_use(parent).processes; };
  for (int i = 0; i < 500 && sleeping() < 4; ++i) std::this_thread::sleep_for(milliseconds(20));
  EXPECT_GE(sleeping(), 4u);
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  size_t left = 1;
  for (int i = 0; i < 500 && left > 0; ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    left = 0;
    const auto outcome =
        system_process_runner().run({.arguments = {"sh", "-c", "grep -lz MARK=" + mark_ + " /proc/[0-9]*/environ"},
                                     .on_line = [&](Stream stream, std::string_view line) {
                                       left += stream == Stream::kStdout && line.size() > 3;
                                     }});
    ASSERT_TRUE(outcome);
  }
  EXPECT_EQ(left, 0u);
}

TEST(ProcessTree, TellsProcessesApart) {
  const auto self = identity_of(::getpid());
  ASSERT_TRUE(self);
  EXPECT_TRUE(is_running(*self));
  ProcessIdentity other = *self;
  other.start_ticks -= 1;
  EXPECT_FALSE(is_running(other));
  EXPECT_FALSE(identity_of(0x3ffffff));
}

TEST(ProcessTree, KillsATree) {
  const Descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const std::vector<std::string> arguments = {"sh", "-c", "sleep 300 & sh -c 'sleep 300; true' & wait"};
  auto pid = spawn({.arguments = arguments,
                    .environment = {},
                    .working_directory = "",
                    .input = null.get(),
                    .output = null.get(),
                    .error = null.get()});
  ASSERT_TRUE(pid);
  for (int i = 0; i < 500 && tree_use(*pid).processes < 3; ++i) std::this_thread::sleep_for(milliseconds(10));
  ASSERT_EQ(tree_use(*pid).processes, 3u);
  kill_tree(*identity_of(*pid));
  EXPECT_EQ(tree_use(*pid).processes, 0u);
  ::waitpid(*pid, nullptr, 0);
}

}  // namespace
}  // namespace modelport
