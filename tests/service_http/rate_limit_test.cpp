#include "service/http/rate_limit.h"

#include <gtest/gtest.h>

namespace modelport {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimiter, LetsABurstThroughAndThenItsRate) {
  RateLimiter limiter({2, 3});
  const RateLimiter::Clock::time_point start{};
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(limiter.admit("a", start));
  EXPECT_EQ(limiter.admit("a", start), seconds(1));
  EXPECT_FALSE(limiter.admit("b", start));
  EXPECT_TRUE(limiter.admit("a", start + milliseconds(400)));
  EXPECT_FALSE(limiter.admit("a", start + milliseconds(500)));
  EXPECT_TRUE(limiter.admit("a", start + milliseconds(500)));
}

TEST(RateLimiter, ForgetsClientsWhoseBucketIsFull) {
  RateLimiter limiter({1, 1});
  const RateLimiter::Clock::time_point start{};
  for (int i = 0; i < 5000; ++i) (void)limiter.admit(std::to_string(i), start + seconds(2 * (i / 1000)));
  EXPECT_LT(limiter.client_count(), 3000u);
}

TEST(RateLimiter, LimitsNobodyAtZero) {
  RateLimiter limiter({0, 0});
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(limiter.admit("a", {}));
}

}  // namespace
}  // namespace modelport
