#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace modelport {
namespace {

/// What `write` puts on stderr.
template <class Write>
std::string logged(Write write) {
  testing::internal::CaptureStderr();
  write();
  return testing::internal::GetCapturedStderr();
}

class LogTest : public testing::Test {
 protected:
  void TearDown() override { set_log_level(LogLevel::kInfo); }
};

TEST_F(LogTest, WritesTheConventionsLine) {
  const std::string line = logged([] { log_info("wrote {} bytes", 12); });
  EXPECT_THAT(line, testing::MatchesRegex(
                        "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} - INFO - wrote 12 bytes\n"));
}

TEST_F(LogTest, OneEventIsOneLine) {
  EXPECT_THAT(logged([] { log_error("a\nb\r\nc"); }), testing::EndsWith(" - ERROR - a b  c\n"));
}

TEST_F(LogTest, WritesTextThatEveryReaderTakes) {
  EXPECT_THAT(logged([] { log_error("a\x1b[31m\xff"); }), testing::EndsWith(" - ERROR - a\\x1b[31m\\xff\n"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  EXPECT_EQ(logged([] { log_debug("hidden"); }), "");
  set_log_level(LogLevel::kDebug);
  EXPECT_THAT(logged([] { log_debug("shown"); }), testing::EndsWith(" - DEBUG - shown\n"));
  set_log_level(LogLevel::kError);
  EXPECT_EQ(logged([] { log_warning("hidden"); }), "");
}

TEST_F(LogTest, KnowsLevelsByNameInAnyCase) {
  EXPECT_EQ(log_level_from_name("Warning"), LogLevel::kWarning);
  EXPECT_EQ(log_level_from_name("debug"), LogLevel::kDebug);
  EXPECT_EQ(log_level_from_name("loud"), std::nullopt);
}

}  // namespace
}  // namespace modelport
