#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace modelport {

/// Follows the log lines of an exporter on stderr. On a terminal one line shows the latest step and is overwritten,
/// warnings and errors stay; elsewhere every line is passed on as it is. Remembers per format the first error and when
/// it was published. Lines are of a format where their message begins with its name and a colon, as exporters that
/// write several at once have it, or else of the format that runs alone.
class ExportProgress {
 public:
  enum class Display { kPassedOn, kOneLine };
  ExportProgress(Display display, std::vector<std::string> formats);
  ~ExportProgress();
  ExportProgress(const ExportProgress&) = delete;
  ExportProgress& operator=(const ExportProgress&) = delete;

  /// In shown lines, `from` is written as `to`.
  void rename(std::string from, std::string to) { renamed_.emplace_back(std::move(from), std::move(to)); }
  void on_line(std::string_view line);

  /// The first error of a format, else one of no format, else "".
  std::string error_of(const std::string& format) const;
  /// Seconds from the start until the format was published, or until now.
  double seconds_of(const std::string& format) const;

 private:
  void show(std::string_view level, std::string_view message, std::string_view line);
  double elapsed() const;

  Display display_;
  std::vector<std::string> formats_;
  std::vector<std::pair<std::string, std::string>> renamed_;
  std::map<std::string, std::string> errors_;
  std::map<std::string, double> published_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace modelport
