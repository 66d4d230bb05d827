#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelport {

/// A process, told from a later one that has its number.
struct ProcessIdentity {
  int pid = 0;
  int64_t start_ticks = 0;  ///< Field 22 of /proc/PID/stat.
  std::string boot_id;      ///< /proc/sys/kernel/random/boot_id
  friend bool operator==(const ProcessIdentity&, const ProcessIdentity&) = default;
};

/// Nothing when there is no such process.
std::optional<ProcessIdentity> identity_of(pid_t pid);
/// Whether it still runs (a zombie does not).
bool is_running(const ProcessIdentity& process);

/// What all descendants of a process take.
struct TreeUse {
  size_t processes = 0;
  uint64_t resident_bytes = 0;
};
TreeUse tree_use(pid_t root);

/// SIGTERM to every descendant, but for bubblewrap's own processes: with them the rest would go at once.
void terminate_descendants(pid_t root);

/// SIGKILL to the process, if it still is the one, and to all its descendants, until none of them runs or half a second
/// is over.
void kill_tree(const ProcessIdentity& root);

/// SIGKILL to every process whose environment holds NAME=VALUE, this one apart; gives how many there were. Reaches what
/// left its tree.
size_t kill_marked(std::string_view name, std::string_view value);

}  // namespace modelport
