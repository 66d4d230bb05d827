#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

enum class Stream { kStdout, kStderr };

/// What to run and within which bounds.
struct ProcessRequest {
  std::vector<std::string> arguments;  ///< The first is the program, looked up on PATH when it has no slash.
  std::map<std::string, std::string> environment;  ///< Added to (or replacing in) this process's own.
  std::string working_directory;                   ///< Empty: this process's.
  std::optional<std::chrono::milliseconds> timeout;
  std::chrono::milliseconds grace{2000};     ///< Between SIGTERM and SIGKILL.
  std::chrono::milliseconds linger{0};       ///< What the rest of its group may take to end after the child.
  std::optional<uint64_t> max_memory_bytes;  ///< Address space (RLIMIT_AS).
  std::optional<uint64_t> max_file_bytes;    ///< Of any file that it writes (RLIMIT_FSIZE).
  size_t max_line_bytes = 64 * 1024;         ///< A longer line arrives in pieces.
  /// Called for every line of the child, without its newline, from the calling thread.
  std::function<void(Stream stream, std::string_view line)> on_line;
  /// Asked about ten times a second; true ends the child like a timeout does.
  std::function<bool()> should_stop;
};

/// How a child ended.
struct ProcessOutcome {
  std::optional<int> exit_code;  ///< Absent when a signal ended it.
  int signal = 0;
  enum class Ended { kByItself, kTimedOut, kStopped } ended = Ended::kByItself;
  bool left_behind = false;  ///< Some of its group still ran after `linger`, and was killed.
};

/// Runs children; virtual so that tests can stand in.
class ProcessRunner {
 public:
  virtual ~ProcessRunner() = default;
  /// Runs to the end. Standard input is empty. When it returns, no process of the child's group is left. kNotFound or
  /// kUnreadable when the program cannot be started.
  virtual Result<ProcessOutcome> run(const ProcessRequest& request) = 0;
};

/// The real one: a process group of its own, ended by SIGTERM and then SIGKILL to the group.
ProcessRunner& system_process_runner();

}  // namespace modelport
