#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace modelport {

/// An ISO 8601 date and time.
struct TimeText {
  std::chrono::system_clock::time_point as_utc;  ///< Taken as UTC where no zone is given.
  enum class Zone { kNone, kGiven } zone = Zone::kNone;
};

/// Reads `2025-11-16T10:30:00Z` and its kin: extended format, seconds and their fraction optional, Z or an offset or
/// nothing. Nothing for any other text, and for days and hours that do not exist.
std::optional<TimeText> read_time(std::string_view text);

/// "2025-11-16T10:30:00Z"
std::string time_text(std::chrono::system_clock::time_point time);

/// $SOURCE_DATE_EPOCH, where it is set to a number.
std::optional<std::chrono::system_clock::time_point> source_date_epoch();

}  // namespace modelport
