#include "process/process_tree.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>
#include <filesystem>

#include "io/descriptor.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

std::string read_all(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text;
  char buffer[4096];
  for (ssize_t count; file.is_open() && (count = ::read(file.get(), buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<size_t>(count));
  return text;
}

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

/// The fields of /proc/PID/stat behind the program's name, which may hold anything; [0] is the state.
std::vector<std::string> stat_fields(pid_t pid) {
  const std::string text = read_all("/proc/" + std::to_string(pid) + "/stat");
  std::vector<std::string> fields;
  const size_t name_end = text.rfind(')');
  if (name_end == std::string::npos) return fields;
  for (size_t begin = name_end + 2; begin < text.size();) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    fields.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return fields;
}

constexpr size_t kState = 0, kStartTicks = 19, kResidentPages = 21;

std::vector<pid_t> children_of(pid_t pid) {
  std::vector<pid_t> children;
  std::error_code failed;
  for (fs::directory_iterator task("/proc/" + std::to_string(pid) + "/task", failed), end; !failed && task != end;
       task.increment(failed)) {
    const std::string text = read_all(task->path() / "children");
    for (size_t begin = 0; begin < text.size();) {
      const size_t stop = std::min(text.find(' ', begin), text.size());
      if (const auto child = number(std::string_view(text).substr(begin, stop - begin)))
        children.push_back(static_cast<pid_t>(*child));
      begin = stop + 1;
    }
  }
  return children;
}

/// The root first.
std::vector<pid_t> tree_of(pid_t root) {
  std::vector<pid_t> tree = {root};
  for (size_t i = 0; i < tree.size(); ++i) {
    for (const pid_t child : children_of(tree[i])) {
      if (std::ranges::find(tree, child) == tree.end()) tree.push_back(child);
    }
  }
  return tree;
}

}  // namespace

std::optional<ProcessIdentity> identity_of(pid_t pid) {
  const std::vector<std::string> fields = stat_fields(pid);
  if (fields.size() <= kStartTicks) return std::nullopt;
  std::string boot_id = read_all("/proc/sys/kernel/random/boot_id");
  while (boot_id.ends_with('\n')) boot_id.pop_back();
  return ProcessIdentity{pid, number(fields[kStartTicks]).value_or(0), std::move(boot_id)};
}

bool is_running(const ProcessIdentity& process) {
  if (identity_of(process.pid) != process) return false;
  const std::vector<std::string> fields = stat_fields(process.pid);
  return !fields.empty() && fields[kState] != "Z" && fields[kState] != "X";
}

TreeUse tree_use(pid_t root) {
  TreeUse use;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  for (const pid_t pid : tree_of(root)) {
    if (pid == root) continue;
    const std::vector<std::string> fields = stat_fields(pid);
    if (fields.size() <= kResidentPages) continue;
    ++use.processes;
    use.resident_bytes +=
        static_cast<uint64_t>(std::max<int64_t>(number(fields[kResidentPages]).value_or(0), 0)) * page;
  }
  return use;
}

void terminate_descendants(pid_t root) {
  for (const pid_t pid : tree_of(root)) {
    if (pid != root && read_all("/proc/" + std::to_string(pid) + "/comm") != "bwrap\n") ::kill(pid, SIGTERM);
  }
}

void kill_tree(const ProcessIdentity& root) {
  if (!is_running(root)) return;
  // Stopped first, so that none of them starts another meanwhile.
  for (int round = 0; round < 50 && is_running(root); ++round) {
    const std::vector<pid_t> tree = tree_of(root.pid);
    for (const pid_t pid : tree) ::kill(pid, SIGSTOP);
    const std::vector<pid_t> again = tree_of(root.pid);
    for (auto pid = again.rbegin(); pid != again.rend(); ++pid) ::kill(*pid, SIGKILL);
    ::poll(nullptr, 0, 10);
  }
}

size_t kill_marked(std::string_view name, std::string_view value) {
  std::string mark = std::string(name) + "=" + std::string(value);
  mark += '\0';
  size_t killed = 0;
  std::error_code failed;
  for (fs::directory_iterator entry("/proc", failed), end; !failed && entry != end; entry.increment(failed)) {
    const auto pid = number(entry->path().filename().string());
    if (!pid || *pid == ::getpid()) continue;
    const std::string environment = read_all(entry->path() / "environ");
    const size_t at = environment.find(mark);
    if (at == std::string::npos || (at > 0 && environment[at - 1] != '\0')) continue;
    if (::kill(static_cast<pid_t>(*pid), SIGKILL) == 0) ++killed;
  }
  return killed;
}

}  // namespace modelport
