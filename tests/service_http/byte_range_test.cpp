#include "service/http/byte_range.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

using Kind = RangeAnswer::Kind;

void expect_part(std::string_view header, int64_t size, int64_t first, int64_t last) {
  const RangeAnswer answer = requested_range(header, size);
  EXPECT_EQ(answer.kind, Kind::kPart) << header;
  EXPECT_EQ(answer.range.first, first) << header;
  EXPECT_EQ(answer.range.last, last) << header;
}

TEST(RequestedRange, GivesTheBytesThatThereAre) {
  expect_part("bytes=0-0", 10, 0, 0);
  expect_part("bytes=2-5", 10, 2, 5);
  expect_part("bytes=2-", 10, 2, 9);
  expect_part("bytes=2-99999999999", 10, 2, 9);
  expect_part("bytes=-3", 10, 7, 9);
  expect_part("bytes=-30", 10, 0, 9);
  expect_part("Bytes= 1 - 2 ", 10, 1, 2);
}

TEST(RequestedRange, SaysWhenThereAreNone) {
  for (const char* header : {"bytes=10-", "bytes=10-20", "bytes=-0"})
    EXPECT_EQ(requested_range(header, 10).kind, Kind::kUnsatisfiable) << header;
  EXPECT_EQ(requested_range("bytes=-5", 0).kind, Kind::kUnsatisfiable);
}

TEST(RequestedRange, IgnoresWhatItDoesNotUnderstand) {
  for (const char* header : {"", "bytes", "bytes=", "bytes=-", "items=0-1", "bytes=5-2", "bytes=0-1,3-4", "bytes=a-b",
                             "bytes=-1-2", "bytes=0x1-2", "bytes=99999999999999999999-"})
    EXPECT_EQ(requested_range(header, 10).kind, Kind::kWhole) << header;
}

}  // namespace
}  // namespace modelport
