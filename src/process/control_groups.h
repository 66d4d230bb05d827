#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// Where this process may make control groups, by which the kernel holds a run to its limits at once.
struct ControlGroups {
  enum class Version { kNone, kV1, kV2 } version = Version::kNone;
  /// Directories in which groups are made: of version 1 one per controller, of version 2 twice the same.
  std::string memory, processes;
  std::string detail;  ///< Why there are none, or where they are made.
};
/// "cgroup v1", "cgroup v2"; empty without.
std::string_view control_groups_name(ControlGroups::Version version);

/// Where the kernel shows them; tests let a directory tree stand for it.
struct ControlGroupPlaces {
  std::string mount = "/sys/fs/cgroup";
  std::string own = "/proc/self/cgroup";
};
/// Tries what a run needs. In version 2, where a group with processes has no limits for groups below it, this process
/// moves to a group of its own below the one that it was given (systemd: Delegate=yes).
ControlGroups find_control_groups(const ControlGroupPlaces& places = {});

/// The group of one run; ends whatever is in it and is gone with this object.
class RunGroup {
 public:
  struct Limits {
    uint64_t memory_bytes = UINT64_MAX;  ///< With what is cached of files; the kernel gives that up first.
    uint64_t processes = UINT64_MAX;     ///< And threads; a fork beyond that fails.
  };
  /// One without limits. `name` has no slash. kUnavailable when the kernel refuses.
  static Result<RunGroup> make(const ControlGroups& groups, const std::string& name);
  RunGroup(RunGroup&& other) noexcept;
  RunGroup& operator=(RunGroup&&) = delete;
  ~RunGroup();

  /// kUnavailable when the kernel refuses.
  Status hold_to(const Limits& limits) const;
  const std::vector<std::string>& directories() const { return directories_; }
  /// Files that a process writes "0" to in order to be in it.
  std::vector<std::string> entrances() const;
  /// Whether the kernel ended one of its processes for memory.
  bool is_out_of_memory() const;
  /// Whether the kernel refused it a fork.
  bool is_out_of_processes() const;
  /// Nothing in it forks any more: what is killed one by one cannot outrun that.
  void forbid_forks() const;
  /// SIGKILL to all of it, until none is left or a second is over.
  void end_all() const;

 private:
  explicit RunGroup(std::vector<std::string> directories) : directories_(std::move(directories)) {}
  std::vector<std::string> directories_;
};

/// Of a new group, unlike those of any run since the machine started: what a killed process left may still go.
std::string run_group_name(std::string_view prefix);

/// Those that a process which was killed left, by the beginning of their names.
void remove_groups(const ControlGroups& groups, std::string_view prefix);

}  // namespace modelport
