#include "io/interrupt.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

namespace modelport {
namespace {

namespace fs = std::filesystem;

class InterruptTest : public testing::TestWithParam<int> {};

TEST_P(InterruptTest, RemovesWhatWasWrittenAndEndsWith128PlusTheSignal) {
  std::string pattern = fs::temp_directory_path() / "modelport-interrupt-XXXXXX";
  const fs::path folder = ::mkdtemp(pattern.data());
  const pid_t child = ::fork();
  if (child == 0) {
    install_interrupt_handling();
    auto publication = Publication::begin(folder / "out");
    const InterruptScope scope(**publication);
    auto file = (*publication)->create("model.onnx");
    while ((*file)->append(std::as_bytes(std::span("some bytes")))) continue;
    ::_exit(3);
  }
  while (!fs::exists(folder / "out" / ".modelport-new-model.onnx")) std::this_thread::yield();
  const auto sent = std::chrono::steady_clock::now();
  ::kill(child, GetParam());
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - sent, std::chrono::milliseconds(200));
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 128 + GetParam());
  EXPECT_FALSE(fs::exists(folder / "out"));
  fs::remove_all(folder);
}

INSTANTIATE_TEST_SUITE_P(Signals, InterruptTest, testing::Values(SIGTERM, SIGINT),
                         [](const auto& signal) { return signal.param == SIGTERM ? "Terminate" : "Interrupt"; });

}  // namespace
}  // namespace modelport
