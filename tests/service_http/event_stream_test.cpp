#include "service/http/event_stream.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

TEST(EventFrame, CarriesEveryLineAsData) {
  EXPECT_EQ(event_frame("7", "log", "a\nb\r\nc\rd"), "id: 7\nevent: log\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(event_frame("", "", ""), "data: \n\n");
  EXPECT_EQ(event_frame("1", "", "x\n"), "id: 1\ndata: x\ndata: \n\n");
}

TEST(EventFrame, CannotBeBrokenOutOf) {
  EXPECT_EQ(event_frame("1\nevent: forged", "log\n\ndata: forged", "x\n\nid: 99\nevent: forged"),
            "id: 1event: forged\nevent: logdata: forged\ndata: x\ndata: \ndata: id: 99\ndata: event: forged\n\n");
}

TEST(LastEventId, IsANumberOrNothing) {
  EXPECT_EQ(last_event_id(" 12 "), 12);
  EXPECT_EQ(last_event_id("0"), 0);
  for (const char* header : {"", "-1", "abc", "1 2", "99999999999999999999"})
    EXPECT_EQ(last_event_id(header), std::nullopt);
}

}  // namespace
}  // namespace modelport
