#include "process/spawn.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

extern char** environ;

namespace modelport {

namespace {

/// Everything the child needs, prepared before fork: nothing may be allocated after it.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<std::string> environment_text;
  std::vector<char*> environment;

  explicit Prepared(const SpawnRequest& request) {
    for (const std::string& argument : request.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view text = *entry;
      if (!request.environment.contains(std::string(text.substr(0, text.find('=')))))
        environment_text.emplace_back(text);
    }
    for (const auto& [name, value] : request.environment) environment_text.push_back(name + "=" + value);
    for (std::string& text : environment_text) environment.push_back(text.data());
    environment.push_back(nullptr);
  }
};

void limit(int resource, const std::optional<uint64_t>& bytes) {
  if (!bytes) return;
  const rlimit bound{*bytes, *bytes};
  ::setrlimit(static_cast<__rlimit_resource>(resource), &bound);
}

/// In the child: only async-signal-safe calls. Tells the parent why exec failed through `failure`.
[[noreturn]] void become_child(const SpawnRequest& request, const Prepared& prepared, int failure) {
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  ::dup2(request.input, STDIN_FILENO);
  ::dup2(request.output, STDOUT_FILENO);
  ::dup2(request.error, STDERR_FILENO);
  limit(RLIMIT_AS, request.max_memory_bytes);
  limit(RLIMIT_FSIZE, request.max_file_bytes);
  if (request.working_directory.empty() || ::chdir(request.working_directory.c_str()) == 0) {
    ::execvpe(prepared.arguments[0], prepared.arguments.data(), prepared.environment.data());
  }
  const int reason = errno;
  if (::write(failure, &reason, sizeof reason) < 0) ::_exit(126);
  ::_exit(127);
}

}  // namespace

Result<DescriptorPair> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::kInternal, "cannot make a pipe: {}", std::strerror(errno));
  return DescriptorPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

Result<pid_t> spawn(const SpawnRequest& request) {
  if (request.arguments.empty()) return fail(ErrorCode::kInternal, "no program to run");
  TRY(failure, make_pipe());
  const Prepared prepared(request);
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::kInternal, "cannot start {}: {}", request.arguments[0], std::strerror(errno));
  if (pid == 0) become_child(request, prepared, failure.write.get());
  ::setpgid(pid, pid);
  failure.write.reset();
  int reason = 0;
  if (::read(failure.read.get(), &reason, sizeof reason) == sizeof reason) {
    ::waitpid(pid, nullptr, 0);
    return fail(reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable, "cannot start {}: {}",
                request.arguments[0], std::strerror(reason));
  }
  return pid;
}

}  // namespace modelport
