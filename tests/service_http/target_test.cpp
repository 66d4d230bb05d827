#include "service/http/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelport {
namespace {

using testing::ElementsAre;
using testing::Pair;

TEST(ParseTarget, TakesPathAndQueryApart) {
  const auto target = parse_target("/export/jobs/a%20b?status=failed&q=x+y%26z&empty=");
  ASSERT_TRUE(target);
  EXPECT_THAT(target->segments, ElementsAre("export", "jobs", "a b"));
  EXPECT_THAT(target->query, ElementsAre(Pair("status", "failed"), Pair("q", "x y&z"), Pair("empty", "")));
  EXPECT_EQ(target->path, "/export/jobs/a%20b");
  EXPECT_EQ(target->parameter("q"), "x y&z");
  EXPECT_EQ(target->parameter("none"), std::nullopt);
}

TEST(ParseTarget, KeepsTheEmptySegmentOfATrailingSlash) {
  EXPECT_THAT(parse_target("/")->segments, ElementsAre(""));
  EXPECT_THAT(parse_target("/a%2Fb/c")->segments, ElementsAre("a/b", "c"));
  EXPECT_THAT(parse_target("/a/")->segments, ElementsAre("a", ""));
}

TEST(ParseTarget, RefusesWhatCouldNameAnotherPlace) {
  for (const char* text : {"", "a", "http://host/a", "*", "/..", "/a/../b", "/%2e%2e/b", "/a%2", "/a%zz", "/%00",
                           "/a#b", "/%ff", "/a?b=%00", "/a?b=%c3", "/a%0d%0aSet-Cookie:x", "/%1b[31m"}) {
    EXPECT_FALSE(parse_target(text)) << text;
  }
}

TEST(ParseTarget, BoundsHowManyPartsThereAre) {
  std::string deep, wide = "/a?";
  for (int i = 0; i < 33; ++i) deep += "/x";
  for (int i = 0; i < 65; ++i) wide += "b=1&";
  EXPECT_FALSE(parse_target(deep));
  EXPECT_FALSE(parse_target(wide));
  EXPECT_TRUE(parse_target(deep.substr(2)));
}

TEST(PercentEncoded, IsReadBack) {
  std::string text;
  for (int c = 1; c < 256; ++c) text += static_cast<char>(c);
  EXPECT_EQ(percent_decoded(percent_encoded(text)), text);
}

}  // namespace
}  // namespace modelport
