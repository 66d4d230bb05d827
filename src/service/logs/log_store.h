#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "service/jobs/change_feed.h"
#include "service/jobs/clock.h"

namespace modelport {

enum class LogStream : uint8_t { kStdout, kStderr, kService };
/// "stdout", "stderr", "service"
std::string_view log_stream_name(LogStream stream);

/// One line of a job's log. `text` is what the exporter wrote, cut at LogLimits::line_bytes; bytes that are not UTF-8
/// and control characters are still in it: whoever shows it escapes it for where it goes.
struct LogLine {
  int64_t id = 0;   ///< Counts up per job from 1, over all attempts.
  int attempt = 0;  ///< Of the job.
  Timestamp at;
  LogStream stream = LogStream::kStdout;
  std::string text;
};

struct LogLimits {
  int64_t bytes = int64_t{8} << 20;  ///< Of text per attempt; then one line of the service says what is left out.
  size_t line_bytes = 16 << 10;
};

/// The lines of every job, in one append-only file each. Reads never block writers. Safe from any thread.
class LogStore {
 public:
  /// Files lie in `directory`, which is made.
  static Result<std::unique_ptr<LogStore>> open(std::string directory, LogLimits limits);
  ~LogStore();

  /// Adds a line and wakes who follows. Beyond the cap nothing is kept but one mark. Disk errors lose the line, never
  /// the job; the next line that can be written says so.
  void append(std::string_view job_id, int attempt, LogStream stream, std::string_view text, Timestamp at);

  /// Lines with an id above `after`, oldest first, at most `limit` of them and about 1 MiB; empty where there are none
  /// (also of a job that has never logged).
  Result<std::vector<LogLine>> read(std::string_view job_id, int64_t after, size_t limit);
  /// The last `count` lines.
  Result<std::vector<LogLine>> tail(std::string_view job_id, size_t count);
  /// Id of the last line, 0 without any.
  int64_t last_id(std::string_view job_id);

  /// Frees what is kept in memory for a job that ended; its lines stay.
  void close(std::string_view job_id);
  Status remove(std::string_view job_id);
  /// Ids of the jobs that have a log.
  Result<std::vector<std::string>> jobs() const;

  /// Topics are ids of jobs.
  ChangeFeed& changes();

 private:
  struct State;
  explicit LogStore(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace modelport
