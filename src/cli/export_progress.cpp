#include "cli/export_progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/printable.h"

namespace modelport {

namespace {

/// A line of the convention's log: `2025-11-16 10:30:00,123 - INFO - message`.
struct LogLine {
  std::string_view level, message;
};

LogLine split(std::string_view line) {
  constexpr std::string_view kBetween = " - ";
  const size_t first = line.find(kBetween);
  const size_t second = first == std::string_view::npos ? first : line.find(kBetween, first + kBetween.size());
  if (second == std::string_view::npos) return {"", line};
  return {line.substr(first + kBetween.size(), second - first - kBetween.size()),
          line.substr(second + kBetween.size())};
}

size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 10 ? size.ws_col : 80;
}

void write(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

constexpr std::string_view kClearLine = "\r\x1b[K";

}  // namespace

ExportProgress::ExportProgress(Display display, std::vector<std::string> formats)
    : display_(display), formats_(std::move(formats)) {}

ExportProgress::~ExportProgress() {
  if (display_ == Display::kOneLine) write(std::string(kClearLine));
}

double ExportProgress::elapsed() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ExportProgress::on_line(std::string_view raw) {
  std::string line(raw);
  for (const auto& [from, to] : renamed_) {
    for (size_t at = line.find(from); at != std::string::npos; at = line.find(from, at + to.size()))
      line.replace(at, from.size(), to);
  }
  const auto [level, message] = split(line);
  std::string format = formats_.size() == 1 ? formats_.front() : "";
  for (const std::string& name : formats_) {
    if (message.starts_with(name + ": ")) format = name;
  }
  if (level == "ERROR") errors_.try_emplace(format, message);
  if (message.find("Published ") != std::string_view::npos) published_.try_emplace(format, elapsed());
  show(level, message, line);
}

void ExportProgress::show(std::string_view level, std::string_view message, std::string_view line) {
  if (display_ == Display::kPassedOn) {
    write(printable(line) + "\n");
  } else if (level == "WARNING" || level == "ERROR") {
    write(fmt::format("{}{}: {}\n", kClearLine, level == "ERROR" ? "error" : "warning", printable(message)));
  } else {
    write(std::string(kClearLine) + printable(message).substr(0, terminal_width() - 1));
  }
}

std::string ExportProgress::error_of(const std::string& format) const {
  for (const std::string& name : {format, std::string()}) {
    if (const auto found = errors_.find(name); found != errors_.end()) return found->second;
  }
  return "";
}

double ExportProgress::seconds_of(const std::string& format) const {
  const auto found = published_.find(format);
  return found == published_.end() ? elapsed() : found->second;
}

}  // namespace modelport
