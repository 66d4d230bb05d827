#pragma once

#include <atomic>

#include "service/jobs/clock.h"

namespace modelport {

/// A clock that a test moves; every look at it is one microsecond later.
class SteppingClock final : public Clock {
 public:
  Timestamp now() override { return Timestamp(std::chrono::microseconds(++now_)); }
  void advance(std::chrono::microseconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{1'763'288'000'000'000};
};

}  // namespace modelport
