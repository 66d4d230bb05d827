#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include "process/confined_run.h"
#include "service/run/sandbox.h"

namespace modelport {

/// A new directory that is gone, with all in it, when this is; with the empty folder "scratch" to run in.
class WorkPlace {
 public:
  /// kUnwritable.
  static Result<WorkPlace> make(const std::string& work_directory, const std::string& purpose);
  WorkPlace(WorkPlace&& other) noexcept;
  WorkPlace& operator=(WorkPlace&&) = delete;
  ~WorkPlace();

  const std::string& path() const { return path_; }

 private:
  explicit WorkPlace(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// How a program of the service's own or of its operator's is run on what strangers sent: as confined as an exporter.
struct OwnProgram {
  std::string path;  ///< Empty: there is none.
  SandboxSupport sandbox;
  std::string work_directory;
  std::vector<std::string> hidden;
};

/// One of its commands.
struct OwnCommand {
  std::vector<std::string> arguments;  ///< Behind the program: {"inspect", FILE, "--json"}.
  std::vector<std::string> readable;   ///< Files that it is given, beside its place.
  std::string mark;                    ///< kRunMark of its processes; empty: its first argument.
  std::function<StopOrder()> should_stop;
  std::chrono::seconds timeout{60};
  uint64_t memory_bytes = uint64_t{4} << 30;
};

struct OwnCommandEnd {
  ConfinedOutcome outcome;
  std::string text;      ///< Its standard output, at most 16 MiB of it.
  std::string sentence;  ///< Why it failed, for a person; may be empty.
};

/// Runs it in `place` to its end.
Result<OwnCommandEnd> run_own_command(const OwnProgram& program, const WorkPlace& place, const OwnCommand& command);

}  // namespace modelport
