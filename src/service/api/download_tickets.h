#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "service/jobs/job_store.h"

namespace modelport {

/// What lets a browser fetch one result by a plain link, which carries no Authorization header: for one job, for a
/// minute, good at every service on the same database and after a restart, since it is signed by a key that is kept
/// there. A key signs for a month and is known for another one. Safe from any thread; calls may ask the database.
class DownloadTickets {
 public:
  static constexpr std::chrono::seconds kLife{60};
  static constexpr std::chrono::hours kKeyAge{30 * 24};

  DownloadTickets(JobStore& jobs, Clock& clock) : jobs_(jobs), clock_(clock) {}

  /// "KEY.SECONDS.SIGNATURE". Errors are the database's.
  Result<std::string> issue(std::string_view job_id);
  bool admits(std::string_view ticket, std::string_view job_id);

 private:
  using Steady = std::chrono::steady_clock;

  /// The keys, newest first, as they were at most this long ago.
  Result<std::vector<SigningKey>> keys(Steady::duration freshness);
  std::optional<SigningKey> key_named(std::string_view id);

  JobStore& jobs_;
  Clock& clock_;
  std::mutex mutex_;
  std::vector<SigningKey> known_;
  std::optional<Steady::time_point> read_at_;
};

}  // namespace modelport
