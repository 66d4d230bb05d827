#include <gtest/gtest.h>

#include "ops/type_rules.h"

namespace modelport {
namespace {

TEST(RequireAtMost, KnowsHowFarAQuotientIsRoundedOff) {
  const Dim h = Dim::symbol("h");
  // Window 1 of 3 along 4 h pixels, and along h.
  for (const Dim& size : {Dim(4) * h, h}) {
    const Dim begin = floor_div(size, 3), end = floor_div(Dim(2) * size + Dim(2), 3);
    EXPECT_TRUE(require_at_most(0, begin, "window"));
    EXPECT_TRUE(require_at_most(begin, end, "window"));
    EXPECT_TRUE(require_at_most(end, size, "window"));
    EXPECT_FALSE(require_at_most(size, end, "window")) << "not where h is 3";
  }
  EXPECT_TRUE(require_at_most(floor_div(h, 6), floor_div(h, 4), "quotients"));
  EXPECT_FALSE(require_at_most(floor_div(h, 4), floor_div(h, 6), "quotients"));
  EXPECT_FALSE(require_at_most(floor_div(h + Dim(3), 3), floor_div(h + Dim(2), 3), "one more")) << "at h = 3: 2 and 1";
  EXPECT_TRUE(require_at_most(floor_div(h + Dim(2), 3), h, "rounded up"));
  EXPECT_FALSE(require_at_most(floor_div(h + Dim(3), 3), h - Dim(1), "at h = 1: 1 and 0"));
}

}  // namespace
}  // namespace modelport
