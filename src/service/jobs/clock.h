#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelport {

/// A moment in UTC, to the microsecond.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;

/// Where the service's time comes from; virtual so that tests can let it jump. Times are for people and for retention;
/// nothing that must be right compares two of them except leases.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Timestamp now() = 0;
};

/// The machine's.
Clock& system_clock();

/// "2025-11-16T10:30:00.123456Z" (RFC 3339).
std::string timestamp_text(Timestamp time);
/// The moment of an RFC 3339 text in UTC ("Z"), with any number of fraction digits; nothing when it is none.
std::optional<Timestamp> timestamp_from_text(std::string_view text);

}  // namespace modelport
