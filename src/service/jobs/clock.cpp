#include "service/jobs/clock.h"

#include <fmt/format.h>

#include <charconv>

namespace modelport {

namespace {

using std::chrono::floor;

class SystemClock final : public Clock {
 public:
  Timestamp now() override { return floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }
};

/// The number that `count` digits at `position` make.
std::optional<int> digits_at(std::string_view text, size_t position, size_t count) {
  int value = 0;
  if (position + count > text.size()) return std::nullopt;
  const char* begin = text.data() + position;
  const auto [end, failed] = std::from_chars(begin, begin + count, value);
  if (failed != std::errc() || end != begin + count || *begin == '-') return std::nullopt;
  return value;
}

/// Microseconds of ".123456789"; what is finer is dropped.
std::optional<int> fraction(std::string_view text) {
  if (text.empty()) return 0;
  if (text[0] != '.' || text.size() < 2) return std::nullopt;
  int value = 0, scale = 100000;
  for (const char c : text.substr(1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value += (c - '0') * scale;
    scale /= 10;
  }
  return value;
}

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string timestamp_text(Timestamp time) {
  const auto day = floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
}

std::optional<Timestamp> timestamp_from_text(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00T00:00:00";
  if (text.size() <= kShape.size() || text.back() != 'Z') return std::nullopt;
  for (size_t i = 0; i < kShape.size(); ++i) {
    if (kShape[i] != '0' && text[i] != kShape[i]) return std::nullopt;
  }
  const auto year = digits_at(text, 0, 4), month = digits_at(text, 5, 2), day = digits_at(text, 8, 2);
  const auto hour = digits_at(text, 11, 2), minute = digits_at(text, 14, 2), second = digits_at(text, 17, 2);
  const auto micros = fraction(text.substr(kShape.size(), text.size() - kShape.size() - 1));
  if (!year || !month || !day || !hour || !minute || !second || !micros) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day)));
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  return Timestamp(std::chrono::sys_days(date)) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second) + std::chrono::microseconds(*micros);
}

}  // namespace modelport
