#include "process/connected_child.h"

#include <gmock/gmock.h>
#include <fstream>
#include <thread>

namespace modelport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;
using Clock = ConnectedChild::Clock;

std::unique_ptr<ConnectedChild> shell(const std::string& script) {
  auto child = ConnectedChild::start({"sh", "-c", script});
  EXPECT_TRUE(child) << child.error().text();
  return *std::move(child);
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string receive(ConnectedChild& child, size_t size, Clock::duration patience = seconds(20)) {
  std::string text(size, '\0');
  const Status status = child.receive(std::as_writable_bytes(std::span(text)), Clock::now() + patience);
  return status ? text : status.error().message;
}

/// One that nobody has waited for does not run.
bool is_running(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/stat", pid));
  std::string number, name, state;
  return file >> number >> name >> state && state != "Z";
}

TEST(ConnectedChild, HearsAndAnswersOnItsStandardInput) {
  const auto child = shell("while read -r line; do echo \"<$line>\" >&0; done");
  ASSERT_TRUE(child->send(bytes_of("one\n"), Clock::now() + seconds(20)));
  EXPECT_EQ(receive(*child, 6), "<one>\n");
  ASSERT_TRUE(child->send(bytes_of("two\n"), Clock::now() + seconds(20)));
  EXPECT_EQ(receive(*child, 6), "<two>\n");
}

TEST(ConnectedChild, CarriesMoreThanTheSocketHolds) {
  const auto child = shell("cat >&0");
  const std::string text(300'000, 'x');
  ASSERT_TRUE(child->send(bytes_of(text), Clock::now() + seconds(20)));
  EXPECT_EQ(receive(*child, text.size()), text);
}

TEST(ConnectedChild, KeepsWhatItPrintsOutOfTheAnswers) {
  const auto child = shell("head -c 300000 /dev/zero; echo loud; echo answer >&0; cat");
  EXPECT_EQ(receive(*child, 7), "answer\n");
}

TEST(ConnectedChild, SaysHowItEndedAndTheLastItPrinted) {
  EXPECT_EQ(receive(*shell("echo first; echo 'no torch here' >&2; exit 3"), 1),
            "ended with exit code 3; the last it printed: no torch here");
  EXPECT_THAT(receive(*shell("kill -SEGV $$"), 1), HasSubstr("was ended by signal 11"));
}

TEST(ConnectedChild, SaysTheSameOnceItHasEnded) {
  const auto child = shell("exit 4");
  EXPECT_EQ(receive(*child, 1), "ended with exit code 4");
  EXPECT_TRUE(child->has_ended());
  const Status later = child->send(bytes_of("x"), Clock::now() + seconds(20));
  ASSERT_FALSE(later);
  EXPECT_EQ(later.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(later.error().message, "ended with exit code 4");
}

TEST(ConnectedChild, EndsOneThatIsSilentForTooLong) {
  const auto begin = Clock::now();
  const auto child = shell("trap '' TERM; echo thinking; sleep 60");
  EXPECT_EQ(receive(*child, 1, milliseconds(300)), "gave no answer within 0.3 s; the last it printed: thinking");
  EXPECT_LT(Clock::now() - begin, seconds(20));
}

TEST(ConnectedChild, EndsOneThatTakesNothing) {
  const auto child = shell("sleep 60");
  const std::string much(4'000'000, 'x');
  EXPECT_FALSE(child->send(bytes_of(much), Clock::now() + milliseconds(300)));
  EXPECT_TRUE(child->has_ended());
}

TEST(ConnectedChild, LeavesNoProcessOfItsGroup) {
  auto child = shell("sleep 60 & echo $! >&0; wait");
  std::string digits;
  for (std::string next = receive(*child, 1); next != "\n"; next = receive(*child, 1)) digits += next;
  const pid_t grandchild = std::stoi(digits);
  ASSERT_TRUE(is_running(grandchild));
  child.reset();
  for (int i = 0; i < 200 && is_running(grandchild); ++i) std::this_thread::sleep_for(milliseconds(10));
  EXPECT_FALSE(is_running(grandchild));
}

TEST(ConnectedChild, SaysThatAProgramIsMissing) {
  const auto child = ConnectedChild::start({"/nowhere/python"});
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace modelport
