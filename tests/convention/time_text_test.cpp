#include "convention/time_text.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

TEST(TimeText, ReadsIso8601) {
  const auto utc = read_time("2025-11-16T10:30:00Z");
  ASSERT_TRUE(utc);
  EXPECT_EQ(time_text(utc->as_utc), "2025-11-16T10:30:00Z");
  EXPECT_EQ(utc->zone, TimeText::Zone::kGiven);
  for (const char* text : {"2025-11-16T11:30:00.250+01:00", "2025-11-16T05:30:00,5-0500", "2025-11-16T10:30Z"}) {
    const auto time = read_time(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time_text(time->as_utc), "2025-11-16T10:30:00Z") << text;
  }
  EXPECT_EQ(read_time("2025-11-16T10:30:00.123456")->zone, TimeText::Zone::kNone);
}

TEST(TimeText, RefusesEverythingElse) {
  for (const char* text : {"", "yesterday", "2025-11-16", "2025-11-16 10:30:00", "2025-02-30T10:30:00Z",
                           "2025-11-16T24:30:00Z", "2025-11-16T10:30:00Zulu", "2025-13-16T10:30:00Z", "1763289000"})
    EXPECT_FALSE(read_time(text)) << text;
}

}  // namespace
}  // namespace modelport
