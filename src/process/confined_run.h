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
#include "process/control_groups.h"
#include "process/execution_slot.h"
#include "process/process_runner.h"
#include "process/process_tree.h"

namespace modelport {

enum class StopOrder { kGoOn, kTerminate, kKill };

/// Somebody else's program and what it may use. It runs under a supervisor (supervisor.h): a session of its own, no new
/// privileges, no inherited descriptors, and nothing of it left when the run is over.
struct ConfinedRequest {
  std::vector<std::string> arguments;              ///< The first is the program's path.
  std::map<std::string, std::string> environment;  ///< All of it.
  std::string working_directory;
  std::chrono::milliseconds timeout{std::chrono::hours(1)};
  std::chrono::milliseconds grace{10000};  ///< Between SIGTERM and SIGKILL.
  uint64_t memory_bytes = UINT64_MAX;      ///< Resident, of all its processes; looked at ten times a second.
  uint64_t processes = UINT64_MAX;         ///< At the same time; likewise.
  uint64_t file_bytes = UINT64_MAX;        ///< Of any one file.
  uint64_t open_files = 1024;
  Capabilities capabilities = Capabilities::kDropped;
  ControlGroups groups;  ///< Where there are any, the kernel holds it to memory_bytes and processes as well.
  std::string group;     ///< The name of its own there.
  size_t max_line_bytes = 16 * 1024;  ///< A longer line arrives in pieces.

  /// All are called from the thread that runs. Of a program that is over at once on_started may be left out.
  std::function<void(const ProcessIdentity& program)> on_started;
  std::function<void(Stream stream, std::string_view line)> on_line;
  std::function<StopOrder()> should_stop;      ///< Asked about ten times a second.
  std::function<bool()> is_over_output_limit;  ///< Likewise, about once a second.
};

struct ConfinedOutcome {
  std::optional<int> exit_code;  ///< Absent when a signal ended it, or when the program ended its supervisor.
  int signal = 0;
  enum class Ended {
    kByItself,
    kTimedOut,
    kStopped,
    kOutOfMemory,  ///< Over memory_bytes, or ended by the kernel's out-of-memory killer.
    kTooManyProcesses,
    kOutputLimit,  ///< is_over_output_limit, or SIGXFSZ.
  } ended = Ended::kByItself;
  uint64_t peak_resident_bytes = 0;
  std::chrono::nanoseconds duration{0};
};

/// Runs to the end. kNotFound or kUnreadable when the program cannot be started.
Result<ConfinedOutcome> run_confined(const ConfinedRequest& request);
/// In a place that is there already; the request's `groups` and `group` say nothing then.
Result<ConfinedOutcome> run_confined(const ConfinedRequest& request, ExecutionSlot place);

}  // namespace modelport
