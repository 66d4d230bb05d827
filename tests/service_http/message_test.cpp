#include "service/http/message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ResponseHead, SaysHowLongTheBodyIs) {
  EXPECT_EQ(response_head(json_response(200, "{}"), HttpVersion::k11, ConnectionAfter::kKeepAlive),
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\n");
  HttpResponse empty;
  empty.status = 204;
  EXPECT_EQ(response_head(empty, HttpVersion::k11, ConnectionAfter::kClose),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
  HttpResponse file;
  file.body = FileBody{Descriptor(), 5, 7};
  EXPECT_THAT(response_head(file, HttpVersion::k11, ConnectionAfter::kClose), HasSubstr("Content-Length: 7\r\n"));
  HttpResponse events;
  events.body = std::unique_ptr<BodySource>();
  EXPECT_THAT(response_head(events, HttpVersion::k11, ConnectionAfter::kClose),
              HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_THAT(response_head(events, HttpVersion::k10, ConnectionAfter::kClose), Not(HasSubstr("Transfer-Encoding")));
}

TEST(ResponseHead, TakesNoHeaderFromAValue) {
  HttpResponse response = json_response(200, "");
  response.set("Content-Disposition", "a\r\nSet-Cookie: b\x7f\x1b");
  EXPECT_THAT(response_head(response, HttpVersion::k11, ConnectionAfter::kClose),
              HasSubstr("Content-Disposition: aSet-Cookie: b\r\n"));
}

TEST(HttpResponse, SetsAHeaderOnce) {
  HttpResponse response = json_response(200, "");
  response.set("content-type", "text/plain");
  ASSERT_EQ(response.headers.size(), 1u);
  EXPECT_EQ(response.header("CONTENT-TYPE"), "text/plain");
}

TEST(Methods, HaveTheirNames) {
  for (const char* name : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"})
    EXPECT_EQ(method_name(method_from_name(name).value()), name);
  for (const char* name : {"get", "CONNECT", ""}) EXPECT_FALSE(method_from_name(name));
}

}  // namespace
}  // namespace modelport
