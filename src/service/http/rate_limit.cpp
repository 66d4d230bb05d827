#include "service/http/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace modelport {

std::optional<std::chrono::seconds> RateLimiter::admit(const std::string& client, Clock::time_point now) {
  if (limit_.per_second <= 0) return std::nullopt;
  if (buckets_.size() > forget_above_) forget_full(now);
  Bucket& bucket = buckets_.try_emplace(client, Bucket{limit_.burst, now}).first->second;
  const double elapsed = std::chrono::duration<double>(now - bucket.filled).count();
  bucket.tokens = std::min(limit_.burst, bucket.tokens + elapsed * limit_.per_second);
  bucket.filled = now;
  if (bucket.tokens >= 1) {
    bucket.tokens -= 1;
    return std::nullopt;
  }
  return std::chrono::seconds(std::max(1L, std::lround(std::ceil((1 - bucket.tokens) / limit_.per_second))));
}

void RateLimiter::forget_full(Clock::time_point now) {
  std::erase_if(buckets_, [&](const auto& entry) {
    const double elapsed = std::chrono::duration<double>(now - entry.second.filled).count();
    return entry.second.tokens + elapsed * limit_.per_second >= limit_.burst;
  });
  forget_above_ = std::max<size_t>(1024, buckets_.size() * 2);
}

}  // namespace modelport
