#include "service/run/sandbox.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "process/confined_run.h"
#include "process/program_path.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// Where people keep what no exporter needs.
constexpr std::string_view kSecretDirectories[] = {".ssh", ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube"};

/// Of each file system in memory. What lies there is nobody's resident memory and would pass by that limit.
constexpr const char* kMemoryDiskBytes = "134217728";

void append(std::vector<std::string>& to, std::initializer_list<std::string> more) {
  to.insert(to.end(), more.begin(), more.end());
}

void add_memory_disk(std::vector<std::string>& command, SandboxSupport::Options options, const std::string& path) {
  if (options == SandboxSupport::Options::kHardened) append(command, {"--size", kMemoryDiskBytes});
  append(command, {"--tmpfs", path});
}

std::vector<std::string> base_command(const std::string& program, SandboxSupport::Options options) {
  std::vector<std::string> command = {
      program,  "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
      "--proc", "/proc"};
  add_memory_disk(command, options, "/dev/shm");
  append(command, {"--remount-ro", "/dev"});
  if (options == SandboxSupport::Options::kHardened) append(command, {"--unshare-user", "--disable-userns"});
  return command;
}

bool is_file(const std::string& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

/// Without doubled or final slashes and ".", so that of two paths the one that holds the other is first in order.
std::string plain(const std::string& path) {
  std::string out = fs::path(path).lexically_normal();
  while (out.size() > 1 && out.ends_with('/')) out.pop_back();
  return out;
}

/// Whether bubblewrap works with these options; what it said where it does not.
Status try_bubblewrap(const std::string& program, SandboxSupport::Options options) {
  ConfinedRequest request;
  request.arguments = base_command(program, options);
  add_memory_disk(request.arguments, options, "/tmp");
  request.arguments.emplace_back("/bin/true");
  request.working_directory = "/";
  request.timeout = std::chrono::seconds(20);
  request.capabilities = Capabilities::kKept;
  std::string said;
  request.on_line = [&](Stream, std::string_view line) { said = line; };
  TRY(outcome, run_confined(request));
  if (outcome.exit_code == 0) return {};
  return fail(ErrorCode::kUnavailable, "{}", said.empty() ? "bubblewrap does not work here" : said);
}

}  // namespace

SandboxSupport probe_sandbox() {
  using Options = SandboxSupport::Options;
  SandboxSupport support;
  support.groups = find_control_groups();
  const auto program = find_program("bwrap");
  if (!program) {
    support.detail = "bubblewrap (bwrap) is not installed";
    return support;
  }
  for (const Options options : {Options::kHardened, Options::kPlain}) {
    const Status works = try_bubblewrap(*program, options);
    if (!works) {
      support.detail = works.error().text();
      continue;
    }
    support.level = SandboxLevel::kBubblewrap;
    support.bubblewrap = *program;
    support.options = options;
    support.detail = "no network, a read-only root, only its own input and output";
    if (options == Options::kPlain)
      support.detail += "; files in memory are not limited and user namespaces can be made, for want of bubblewrap 0.8";
    return support;
  }
  return support;
}

std::vector<std::string> in_bubblewrap(const SandboxSupport& support, const SandboxView& view,
                                       const std::vector<std::string>& command) {
  std::vector<std::string> wrapped = base_command(support.bubblewrap, support.options);
  std::set<std::string> hidden = {"/tmp", "/var/tmp", "/run"};
  hidden.insert(view.hidden.begin(), view.hidden.end());
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    for (const std::string_view name : kSecretDirectories) hidden.insert(fmt::format("{}/{}", home, name));
  }
  // What is said of a directory comes before what is said of something in it, which then holds: a trainer may lie
  // beside the data, and a checkpoint in it.
  enum class Shown { kNot, kReadable };
  std::map<std::string, Shown> paths;
  for (const std::string& path : hidden) paths[plain(path)] = Shown::kNot;
  for (const std::string& path : view.readable) paths[plain(path)] = Shown::kReadable;
  for (const auto& [path, shown] : paths) {
    if (shown == Shown::kReadable) {
      append(wrapped, {"--ro-bind", path, path});
    } else if (is_directory(path)) {
      add_memory_disk(wrapped, support.options, path);
    } else if (is_file(path)) {
      append(wrapped, {"--ro-bind", "/dev/null", path});
    }
  }
  wrapped.insert(wrapped.end(), {"--bind", view.writable, view.writable, "--chdir", view.writable + "/scratch", "--"});
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  return wrapped;
}

}  // namespace modelport
