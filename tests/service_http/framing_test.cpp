#include "service/http/framing.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

int status_for(std::vector<HttpHeader> headers, HttpVersion version) {
  HttpRequest request;
  request.headers = std::move(headers);
  const auto problem = check_framing(request, version);
  return problem ? problem->status : 0;
}

TEST(CheckFraming, TakesChunkedAlone) {
  const HttpHeader host = {"host", "localhost"};
  EXPECT_EQ(status_for({host}, HttpVersion::k11), 0);
  for (const char* coding : {"chunked", "Chunked", " chunked\t"})
    EXPECT_EQ(status_for({host, {"transfer-encoding", coding}}, HttpVersion::k11), 0) << coding;
  for (const char* coding : {"identity", "gzip", "gzip, chunked", "chunked, identity", "chunked, chunked", "xchunked",
                             "chunked;q=1", "\"chunked\"", ""})
    EXPECT_EQ(status_for({host, {"transfer-encoding", coding}}, HttpVersion::k11), 501) << coding;
  EXPECT_EQ(status_for({host, {"transfer-encoding", "chunked"}}, HttpVersion::k10), 400);
}

TEST(CheckFraming, WantsAHostInHttp11) {
  EXPECT_EQ(status_for({}, HttpVersion::k11), 400);
  EXPECT_EQ(status_for({}, HttpVersion::k10), 0);
}

}  // namespace
}  // namespace modelport
