#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"
#include "service/logs/log_store.h"

namespace modelport {

/// One job's lines in a file that only grows. A record is "ID ATTEMPT MICROSECONDS STREAM TEXT\n"; a record without its
/// end (the process or the disk stopped there) is cut off by who opens the file to write. Of one thread at a time.
class LogFile {
 public:
  enum class Open { kExisting, kMaking };
  /// Nothing where there is no file and none is to be made.
  static Result<std::optional<LogFile>> open(const std::string& path, Open how);

  /// Takes in what another process or another object has appended. False when the file was removed: what is at its
  /// path now is another one.
  Result<bool> refresh();

  /// Adds the line behind the last one, with the id after that one's, whoever wrote it. A line of an attempt that a
  /// later one has followed is left out: its process was given up, and goes on.
  Status append(LogLine line);
  Result<std::vector<LogLine>> read(int64_t after, size_t limit, size_t most_bytes) const;
  int64_t last_id() const { return last_id_; }
  /// Bytes of text that this attempt has kept.
  int64_t bytes_of(int attempt) const { return attempt == attempt_ ? attempt_bytes_ : 0; }

 private:
  /// Where every so many lines begin, so that a reader need not start at the front.
  struct Landmark {
    int64_t id;
    int64_t offset;
  };

  explicit LogFile(Descriptor file) : file_(std::move(file)) {}
  Status scan();
  Status catch_up();
  void note(const LogLine& line, int64_t offset, int64_t size);

  Descriptor file_;
  int64_t size_ = 0;
  int64_t last_id_ = 0;
  int attempt_ = 0;
  int64_t attempt_bytes_ = 0;
  std::vector<Landmark> landmarks_;
};

}  // namespace modelport
