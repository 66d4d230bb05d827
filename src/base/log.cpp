#include "base/log.h"

#include <fmt/chrono.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <chrono>
#include <string>

#include "base/printable.h"

namespace modelport {

namespace {
constexpr std::array<std::string_view, 4> kNames = {"DEBUG", "INFO", "WARNING", "ERROR"};
std::atomic<LogLevel> minimum_level = LogLevel::kInfo;
thread_local std::string subject_of_thread;
}  // namespace

std::optional<LogLevel> log_level_from_name(std::string_view name) {
  std::string upper(name);
  std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
  const auto row = std::find(kNames.begin(), kNames.end(), upper);
  if (row == kNames.end()) return std::nullopt;
  return static_cast<LogLevel>(row - kNames.begin());
}

LogSubject::LogSubject(std::string subject) {
  subject_of_thread = subject.empty() ? std::string() : std::move(subject) + ": ";
}

LogSubject::~LogSubject() { subject_of_thread.clear(); }

void set_log_level(LogLevel level) { minimum_level = level; }

void log_line(LogLevel level, std::string_view message) {
  if (level < minimum_level) return;
  const auto now = std::chrono::system_clock::now();
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm local{};
  localtime_r(&seconds, &local);
  std::string line = fmt::format("{:%Y-%m-%d %H:%M:%S},{:03} - {} - {}{}", local, milliseconds,
                                 kNames[static_cast<size_t>(level)], subject_of_thread, printable(message));
  line += '\n';
  size_t written = 0;
  while (written < line.size()) {
    const ssize_t n = ::write(STDERR_FILENO, line.data() + written, line.size() - written);
    if (n <= 0) return;
    written += static_cast<size_t>(n);
  }
}

}  // namespace modelport
