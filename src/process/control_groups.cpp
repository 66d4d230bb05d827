#include "process/control_groups.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Version = ControlGroups::Version;

constexpr const char* kProcesses = "cgroup.procs";
/// In version 2: where this process itself goes.
constexpr const char* kOwnLeaf = "modelport.itself";

Status write_text(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  if (file << text << std::flush) return {};
  return fail(ErrorCode::kUnavailable, "{} does not take {}: {}", path, text, std::strerror(errno));
}

std::string text_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// The path of this process in a hierarchy: "4:memory:/a" of version 1, "0::/a" of version 2.
std::optional<std::string> own_path(const std::string& own, std::string_view controller) {
  std::istringstream lines(own);
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool is_wanted = controller.empty() ? controllers == ",,"
                                              : controllers.find(fmt::format(",{},", controller)) != std::string::npos;
    if (is_wanted) return line.substr(second + 1);
  }
  return std::nullopt;
}

bool is_group(const std::string& directory) { return fs::exists(directory + "/" + kProcesses); }

/// A container may see the hierarchy from within: then its path leads nowhere, and the mount is its own group.
std::string directory_of(const std::string& mount, const std::string& path) {
  const std::string directory = path == "/" ? mount : mount + path;
  return is_group(directory) ? directory : mount;
}

Status limit(const std::string& directory, std::initializer_list<const char*> names, uint64_t value) {
  if (value == UINT64_MAX) return {};
  Status refused = fail(ErrorCode::kUnavailable, "{} has no such limit", directory);
  for (const char* name : names) {
    if (!fs::exists(directory + "/" + name)) continue;
    return write_text(directory + "/" + name, std::to_string(value));
  }
  return refused;
}

std::vector<pid_t> members_of(const std::string& directory) {
  std::vector<pid_t> members;
  std::ifstream file(directory + "/" + kProcesses);
  for (pid_t pid = 0; file >> pid;) members.push_back(pid);
  return members;
}

/// Whether a file of names and counts has counted this.
bool has_happened(const std::string& path, std::string_view event) {
  std::ifstream file(path);
  std::string field;
  for (int64_t count = 0; file >> field >> count;) {
    if (field == event && count > 0) return true;
  }
  return false;
}

/// Makes way for groups with limits below this process's own: there may be no process in it.
Status delegate(const std::string& directory) {
  const std::string controllers = " " + text_of(directory + "/cgroup.subtree_control");
  if (controllers.find(" memory") != std::string::npos && controllers.find(" pids") != std::string::npos) return {};
  const std::string leaf = directory + "/" + kOwnLeaf;
  if (::mkdir(leaf.c_str(), 0755) != 0 && errno != EEXIST)
    return fail(ErrorCode::kUnavailable, "no group can be made in {}: {}", directory, std::strerror(errno));
  CHECK_OK(write_text(leaf + "/" + kProcesses, std::to_string(::getpid())));
  return write_text(directory + "/cgroup.subtree_control", "+memory +pids");
}

Result<ControlGroups> version_two(const std::string& mount, const std::string& own) {
  const auto path = own_path(own, "");
  if (!path) return fail(ErrorCode::kUnavailable, "there are no control groups");
  fs::path place = directory_of(mount, *path);
  // It moved there when it was asked before, or the process that it comes from was.
  if (place.filename() == kOwnLeaf) place = place.parent_path();
  const std::string directory = place;
  const std::string controllers = " " + text_of(directory + "/cgroup.controllers");
  if (controllers.find(" memory") == std::string::npos || controllers.find(" pids") == std::string::npos)
    return fail(ErrorCode::kUnavailable, "{} does not have the controllers memory and pids", directory);
  CHECK_OK(delegate(directory));
  return ControlGroups{Version::kV2, directory, directory, directory};
}

Result<ControlGroups> version_one(const std::string& mount, const std::string& own) {
  const auto memory = own_path(own, "memory"), processes = own_path(own, "pids");
  if (!memory || !processes) return fail(ErrorCode::kUnavailable, "there are no control groups for memory and pids");
  ControlGroups groups{Version::kV1, directory_of(mount + "/memory", *memory),
                       directory_of(mount + "/pids", *processes), ""};
  groups.detail = groups.memory + " and " + groups.processes;
  return groups;
}

Status try_group(const ControlGroups& groups) {
  TRY(group, RunGroup::make(groups, fmt::format("modelport.try.{}", ::getpid())));
  return group.hold_to({uint64_t{1} << 30, 64});
}

}  // namespace

std::string_view control_groups_name(Version version) {
  switch (version) {
    case Version::kNone:
      return "";
    case Version::kV1:
      return "cgroup v1";
    case Version::kV2:
      return "cgroup v2";
  }
  return "";
}

ControlGroups find_control_groups(const ControlGroupPlaces& places) {
  const std::string own = text_of(places.own);
  // Where both are mounted, the controllers are in one of them.
  auto found = version_one(places.mount, own);
  if (!found) found = version_two(places.mount, own);
  if (!found) return {Version::kNone, "", "", found.error().text()};
  const Status tried = try_group(*found);
  if (!tried) return {Version::kNone, "", "", tried.error().text()};
  return *std::move(found);
}

Result<RunGroup> RunGroup::make(const ControlGroups& groups, const std::string& name) {
  RunGroup group({groups.memory + "/" + name});
  if (groups.processes != groups.memory) group.directories_.push_back(groups.processes + "/" + name);
  for (const std::string& directory : group.directories_) {
    if (::mkdir(directory.c_str(), 0755) != 0 && errno != EEXIST)
      return fail(ErrorCode::kUnavailable, "no control group can be made: {}: {}", directory, std::strerror(errno));
  }
  return group;
}

Status RunGroup::hold_to(const Limits& limits) const {
  CHECK_OK(limit(directories_.front(), {"memory.max", "memory.limit_in_bytes"}, limits.memory_bytes));
  CHECK_OK(limit(directories_.back(), {"pids.max"}, limits.processes));
  // What is swapped out would pass by the limit; not every kernel counts it.
  if (const std::string swap = directories_.front() + "/memory.swap.max"; fs::exists(swap))
    CHECK_OK(write_text(swap, "0"));
  return {};
}

RunGroup::RunGroup(RunGroup&& other) noexcept : directories_(std::exchange(other.directories_, {})) {}

RunGroup::~RunGroup() {
  if (directories_.empty()) return;
  end_all();
  for (const std::string& directory : directories_) ::rmdir(directory.c_str());
}

std::vector<std::string> RunGroup::entrances() const {
  std::vector<std::string> files;
  for (const std::string& directory : directories_) files.push_back(directory + "/" + kProcesses);
  return files;
}

bool RunGroup::is_out_of_memory() const {
  return has_happened(directories_.front() + "/memory.events", "oom_kill") ||
         has_happened(directories_.front() + "/memory.oom_control", "oom_kill");
}

bool RunGroup::is_out_of_processes() const { return has_happened(directories_.back() + "/pids.events", "max"); }

void RunGroup::forbid_forks() const { (void)write_text(directories_.back() + "/pids.max", "0"); }

void RunGroup::end_all() const {
  forbid_forks();
  for (int round = 0; round < 100; ++round) {
    bool has_any = false;
    for (const std::string& directory : directories_) {
      for (const pid_t pid : members_of(directory)) {
        // "0" is a process of another namespace, which a signal of this one does not reach.
        if (pid > 0) ::kill(pid, SIGKILL);
        has_any = true;
      }
    }
    if (!has_any) return;
    ::poll(nullptr, 0, 10);
  }
}

std::string run_group_name(std::string_view prefix) {
  static std::atomic<uint64_t> made = 0;
  const auto since_boot = std::chrono::steady_clock::now().time_since_epoch();
  return fmt::format("{}{:x}.{}", prefix, since_boot.count(), ++made);
}

void remove_groups(const ControlGroups& groups, std::string_view prefix) {
  if (groups.version == Version::kNone) return;
  for (const std::string& parent : {groups.memory, groups.processes}) {
    std::vector<std::string> names;
    std::error_code failed;
    for (fs::directory_iterator entry(parent, failed), end; !failed && entry != end; entry.increment(failed)) {
      if (entry->path().filename().string().starts_with(prefix)) names.push_back(entry->path().filename().string());
    }
    for (const std::string& name : names) {
      for (const pid_t pid : members_of(parent + "/" + name)) ::kill(pid, SIGKILL);
      for (int i = 0; i < 100 && ::rmdir((parent + "/" + name).c_str()) != 0 && errno == EBUSY; ++i)
        ::poll(nullptr, 0, 10);
    }
  }
}

}  // namespace modelport
