#include "service/run/sandbox.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "process/confined_run.h"
#include "service/run/program_path.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;

/// Where people keep what no exporter needs.
constexpr std::string_view kSecretDirectories[] = {".ssh", ".aws", ".azure", ".config", ".docker", ".gnupg", ".kube"};

std::vector<std::string> base_command(const std::string& program) {
  return {program,  "--unshare-all", "--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/", "--dev", "/dev",
          "--proc", "/proc"};
}

bool is_directory(const std::string& path) {
  std::error_code ignored;
  return fs::is_directory(path, ignored);
}

}  // namespace

SandboxSupport probe_sandbox() {
  SandboxSupport support;
  const auto program = find_program("bwrap");
  if (!program) {
    support.detail = "bubblewrap (bwrap) is not installed";
    return support;
  }
  ConfinedRequest request;
  request.arguments = base_command(*program);
  request.arguments.insert(request.arguments.end(), {"--tmpfs", "/tmp", "/bin/true"});
  request.working_directory = "/";
  request.timeout = std::chrono::seconds(20);
  std::string said;
  request.on_line = [&](Stream, std::string_view line) { said = line; };
  const auto outcome = run_confined(request);
  if (!outcome || outcome->exit_code != 0) {
    support.detail = said.empty() ? "bubblewrap does not work here" : said;
    return support;
  }
  support.level = SandboxLevel::kBubblewrap;
  support.bubblewrap = *program;
  support.detail = "no network, a read-only root, only its own input and output";
  return support;
}

std::vector<std::string> in_bubblewrap(const SandboxSupport& support, const SandboxView& view,
                                       const std::vector<std::string>& command) {
  std::vector<std::string> wrapped = base_command(support.bubblewrap);
  std::set<std::string> hidden = {"/tmp", "/var/tmp", "/run"};
  hidden.insert(view.hidden.begin(), view.hidden.end());
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    for (const std::string_view name : kSecretDirectories) hidden.insert(fmt::format("{}/{}", home, name));
  }
  // A directory is hidden before what lies in it: the set is in that order.
  for (const std::string& directory : hidden) {
    if (is_directory(directory)) wrapped.insert(wrapped.end(), {"--tmpfs", directory});
  }
  for (const std::string& path : view.readable) wrapped.insert(wrapped.end(), {"--ro-bind", path, path});
  wrapped.insert(wrapped.end(), {"--bind", view.writable, view.writable, "--chdir", view.writable + "/scratch", "--"});
  wrapped.insert(wrapped.end(), command.begin(), command.end());
  return wrapped;
}

}  // namespace modelport
