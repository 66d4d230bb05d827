#include "convention/time_text.h"

#include <fmt/chrono.h>

#include <charconv>
#include <cstdlib>
#include <regex>

namespace modelport {

namespace {

using Clock = std::chrono::system_clock;

int number(const std::csub_match& match) { return match.matched ? std::atoi(match.str().c_str()) : 0; }

}  // namespace

std::optional<TimeText> read_time(std::string_view text) {
  static const std::regex form(
      R"((\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?)?)");
  constexpr size_t kMost = 64;
  std::cmatch match;
  if (text.size() > kMost || !std::regex_match(text.data(), text.data() + text.size(), match, form))
    return std::nullopt;
  const std::chrono::year_month_day day(std::chrono::year(number(match[1])),
                                        std::chrono::month(static_cast<unsigned>(number(match[2]))),
                                        std::chrono::day(static_cast<unsigned>(number(match[3]))));
  const int hour = number(match[4]), minute = number(match[5]), second = number(match[6]);
  const int zone_hour = number(match[9]), zone_minute = number(match[10]);
  // A leap second is written as :60.
  if (!day.ok() || hour > 23 || minute > 59 || second > 60 || zone_hour > 23 || zone_minute > 59) return std::nullopt;
  const auto offset = std::chrono::minutes(zone_hour * 60 + zone_minute) * (match[8].str() == "-" ? -1 : 1);
  const Clock::time_point local = std::chrono::sys_days(day) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
                                  std::chrono::seconds(second);
  const bool has_zone = match[7].matched || match[8].matched;
  return TimeText{local - offset, has_zone ? TimeText::Zone::kGiven : TimeText::Zone::kNone};
}

std::string time_text(Clock::time_point time) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", fmt::gmtime(Clock::to_time_t(time)));
}

std::optional<Clock::time_point> source_date_epoch() {
  const char* text = std::getenv("SOURCE_DATE_EPOCH");
  if (text == nullptr) return std::nullopt;
  int64_t seconds = 0;
  const std::string_view digits = text;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), seconds);
  if (failed != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return Clock::time_point(std::chrono::seconds(seconds));
}

}  // namespace modelport
