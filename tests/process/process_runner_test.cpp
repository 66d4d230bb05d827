#include "process/process_runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

namespace modelport {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

struct Captured {
  std::vector<std::string> out, err;
  void attach(ProcessRequest& request) {
    request.on_line = [this](Stream stream, std::string_view line) {
      (stream == Stream::kStdout ? out : err).emplace_back(line);
    };
  }
};

ProcessRequest shell(const std::string& script) { return {.arguments = {"sh", "-c", script}}; }

ProcessOutcome run(const ProcessRequest& request) {
  auto outcome = system_process_runner().run(request);
  EXPECT_TRUE(outcome) << outcome.error().text();
  return *outcome;
}

TEST(ProcessRunner, GivesLinesOfBothStreamsAndTheExitCode) {
  ProcessRequest request = shell("echo one; echo two >&2; printf three; exit 7");
  Captured captured;
  captured.attach(request);
  EXPECT_EQ(run(request).exit_code, 7);
  EXPECT_THAT(captured.out, ElementsAre("one", "three"));
  EXPECT_THAT(captured.err, ElementsAre("two"));
}

TEST(ProcessRunner, TellsASignalFromAnExit) {
  const ProcessOutcome outcome = run(shell("kill -SEGV $$"));
  EXPECT_FALSE(outcome.exit_code);
  EXPECT_EQ(outcome.signal, SIGSEGV);
}

TEST(ProcessRunner, SaysThatAProgramIsMissing) {
  const auto outcome = system_process_runner().run({.arguments = {"/nowhere/program"}});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(outcome.error().text(), "cannot start /nowhere/program: No such file or directory");
}

TEST(ProcessRunner, EndsAChildThatIgnoresSigtermWithItsGroup) {
  ProcessRequest request = shell("trap '' TERM; sleep 60 & echo $!; sleep 60; sleep 60");
  Captured captured;
  captured.attach(request);
  request.timeout = milliseconds(300);
  request.grace = milliseconds(300);
  const ProcessOutcome outcome = run(request);
  EXPECT_EQ(outcome.ended, ProcessOutcome::Ended::kTimedOut);
  EXPECT_EQ(outcome.signal, SIGKILL);
  ASSERT_EQ(captured.out.size(), 1u);
  const pid_t grandchild = std::stoi(captured.out[0]);
  for (int i = 0; i < 100 && ::kill(grandchild, 0) == 0; ++i) {
    struct timespec pause {
      0, 20'000'000
    };
    nanosleep(&pause, nullptr);
    if (ProcessOutcome zombie = run(shell("grep -q 'State:.Z' /proc/" + captured.out[0] + "/status"));
        zombie.exit_code == 0)
      return;
  }
  EXPECT_NE(::kill(grandchild, 0), 0);
}

TEST(ProcessRunner, TellsWhatOutlivesTheChild) {
  ProcessRequest request = shell("sleep 60 >/dev/null 2>&1 &");
  request.linger = milliseconds(100);
  EXPECT_TRUE(run(request).left_behind);
  request.arguments = {"sh", "-c", "sleep 0.2 &"};
  request.linger = milliseconds(5000);
  EXPECT_FALSE(run(request).left_behind);
  request.arguments = {"sh", "-c", "exit 3"};
  const ProcessOutcome alone = run(request);
  EXPECT_FALSE(alone.left_behind);
  EXPECT_EQ(alone.exit_code, 3);
}

TEST(ProcessRunner, StopsWhenAsked) {
  ProcessRequest request = shell("sleep 60");
  request.should_stop = [] { return true; };
  const ProcessOutcome outcome = run(request);
  EXPECT_EQ(outcome.ended, ProcessOutcome::Ended::kStopped);
  EXPECT_EQ(outcome.signal, SIGTERM);
}

TEST(ProcessRunner, IsNotBlockedByMuchOutputOrLongLines) {
  ProcessRequest request = shell("head -c 3000000 /dev/zero | tr '\\0' x; yes short | head -n 200000 >&2");
  request.max_line_bytes = 1000;
  size_t pieces = 0, lines = 0;
  request.on_line = [&](Stream stream, std::string_view line) {
    EXPECT_LE(line.size(), 1000u);
    (stream == Stream::kStdout ? pieces : lines) += 1;
  };
  EXPECT_EQ(run(request).exit_code, 0);
  EXPECT_EQ(pieces, 3000u);
  EXPECT_EQ(lines, 200000u);
}

TEST(ProcessRunner, SetsEnvironmentDirectoryAndLimits) {
  ProcessRequest request = shell("echo $MODELPORT_TEST_VALUE; pwd; ulimit -v; read line || echo closed");
  request.environment = {{"MODELPORT_TEST_VALUE", "a b"}};
  request.working_directory = "/";
  request.max_memory_bytes = uint64_t{1} << 30;
  Captured captured;
  captured.attach(request);
  EXPECT_EQ(run(request).exit_code, 0);
  EXPECT_THAT(captured.out, ElementsAre("a b", "/", "1048576", "closed"));
}

}  // namespace
}  // namespace modelport
