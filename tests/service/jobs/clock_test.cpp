#include "service/jobs/clock.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

TEST(Timestamp, IsWrittenAndReadAsRfc3339) {
  const Timestamp time(std::chrono::microseconds(1'763'289'000'123'456));
  EXPECT_EQ(timestamp_text(time), "2025-11-16T10:30:00.123456Z");
  EXPECT_EQ(timestamp_from_text("2025-11-16T10:30:00.123456Z"), time);
  EXPECT_EQ(timestamp_from_text("2025-11-16T10:30:00.123456999Z"), time);
  EXPECT_EQ(timestamp_from_text("2025-11-16T10:30:00Z"), time - std::chrono::microseconds(123'456));
}

TEST(Timestamp, RefusesWhatIsNoMomentInUtc) {
  for (const char* text : {"", "Z", "2025-11-16", "2025-11-16T10:30:00", "2025-11-16T10:30:00+01:00",
                           "2025-02-30T00:00:00Z", "2025-11-16T24:00:00Z", "2025-11-16T10:30:00.Z",
                           "2025-11-16T10:30:00.1x Z", "2025-1--16T10:30:00Z", "2025-11-16T-1:30:00Z"}) {
    EXPECT_FALSE(timestamp_from_text(text)) << text;
  }
}

}  // namespace
}  // namespace modelport
