#include "service/run/failure_line_scanner.h"

#include <array>
#include <optional>

#include "base/printable.h"

namespace modelport {

namespace {

constexpr size_t kLongestSentence = 2000;
constexpr std::array<std::string_view, 2> kLevels = {"ERROR", "CRITICAL"};
constexpr std::array<std::string_view, 4> kMemoryWords = {"MemoryError", "std::bad_alloc", "Cannot allocate memory",
                                                          "out of memory"};

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// What follows the level at the front of a line.
std::optional<std::string_view> behind_leading_level(std::string_view line, std::string_view level) {
  const bool is_bracketed = line.starts_with('[');
  if (is_bracketed) line.remove_prefix(1);
  if (!line.starts_with(level)) return std::nullopt;
  line.remove_prefix(level.size());
  if (is_bracketed) return line.starts_with(']') ? std::optional(line.substr(1)) : std::nullopt;
  if (line.starts_with(" - ")) return line.substr(3);
  if (line.starts_with(": ")) return line.substr(2);
  if (!line.starts_with(':')) return std::nullopt;
  // logging.basicConfig's own: "ERROR:root:message".
  const size_t colon = line.find(':', 1);
  return colon == std::string_view::npos ? std::nullopt : std::optional(line.substr(colon + 1));
}

std::optional<std::string_view> error_message(std::string_view line) {
  for (const std::string_view level : kLevels) {
    if (const auto message = behind_leading_level(line, level)) return message;
    const std::string between = " - " + std::string(level) + " - ";
    if (const size_t at = line.find(between); at != std::string_view::npos) return line.substr(at + between.size());
  }
  return std::nullopt;
}

std::string kept(std::string_view text) { return printable(trimmed(text).substr(0, kLongestSentence)); }

}  // namespace

void FailureLineScanner::observe(Stream stream, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  last_line_ = kept(line);
  if (stream == Stream::kStderr) last_stderr_ = last_line_;
  if (const auto message = error_message(line); message && !trimmed(*message).empty()) last_error_ = kept(*message);
  has_usage_ = has_usage_ || (stream == Stream::kStderr && line.starts_with("usage: "));
  for (const std::string_view word : kMemoryWords) {
    if (line.find(word) != std::string_view::npos) mentions_out_of_memory_ = true;
  }
}

std::string FailureLineScanner::argparse_error() const {
  constexpr std::string_view kBetween = ": error: ";
  const size_t at = last_stderr_.find(kBetween);
  return has_usage_ && at != std::string::npos && at > 0 ? last_stderr_.substr(at + kBetween.size()) : "";
}

std::string FailureLineScanner::sentence() const {
  if (!last_error_.empty()) return last_error_;
  return last_stderr_.empty() ? last_line_ : last_stderr_;
}

}  // namespace modelport
