#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace modelport {

/// What lets a browser fetch one result by a plain link, which carries no Authorization header: random, for one job,
/// for a minute, known to this process alone. Safe from any thread.
class DownloadTickets {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kLife{60};

  /// 128 random bits in hexadecimal.
  std::string issue(std::string_view job_id, Clock::time_point now = Clock::now());
  bool admits(std::string_view ticket, std::string_view job_id, Clock::time_point now = Clock::now());

 private:
  struct Row {
    std::string job_id;
    Clock::time_point until;
  };
  std::mutex mutex_;
  std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace modelport
