#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

namespace modelport {

/// How often one client may ask: a bucket of `burst` requests that fills with `per_second`. Zero: no limit.
struct RateLimit {
  double per_second = 0;
  double burst = 0;
};

/// The buckets of all clients. Not for several threads at once.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  explicit RateLimiter(RateLimit limit) : limit_(limit) {}

  /// Takes one request out of the client's bucket; when it is empty, how long until it is not.
  std::optional<std::chrono::seconds> admit(const std::string& client, Clock::time_point now);
  size_t client_count() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens;
    Clock::time_point filled;
  };
  void forget_full(Clock::time_point now);

  RateLimit limit_;
  std::map<std::string, Bucket> buckets_;
  size_t forget_above_ = 1024;
};

}  // namespace modelport
