#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

namespace modelport {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// "debug", "info", "warning" or "error" (any case).
std::optional<LogLevel> log_level_from_name(std::string_view name);

/// Lines below this level are not written. Default: kInfo.
void set_log_level(LogLevel level);

/// While it lives, messages of this thread begin with `subject` and a colon: "onnx: ...". Empty: nothing.
class LogSubject {
 public:
  explicit LogSubject(std::string subject);
  ~LogSubject();
  LogSubject(const LogSubject&) = delete;
  LogSubject& operator=(const LogSubject&) = delete;
};

/// Writes `2025-11-16 10:30:00,123 - INFO - message` (local time, as Python's logging does) to stderr in one write
/// call. `message` is made printable: one line is one event, whatever a checkpoint's names hold.
void log_line(LogLevel level, std::string_view message);

template <class... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <class... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace modelport
