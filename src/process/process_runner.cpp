#include "process/process_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "process/line_splitter.h"

extern char** environ;

namespace modelport {

namespace {

using Clock = std::chrono::steady_clock;

/// A descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() { reset(); }
  int get() const { return value_; }
  bool is_open() const { return value_ >= 0; }
  void reset() {
    if (value_ >= 0) ::close(std::exchange(value_, -1));
  }

 private:
  int value_;
};

struct Pipe {
  Descriptor read, write;
};

Result<Pipe> make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return fail(ErrorCode::kInternal, "cannot make a pipe: {}", std::strerror(errno));
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// Everything the child needs, prepared before fork: nothing may be allocated after it.
struct Prepared {
  std::vector<char*> arguments;
  std::vector<std::string> environment_text;
  std::vector<char*> environment;

  explicit Prepared(const ProcessRequest& request) {
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
[[noreturn]] void become_child(const ProcessRequest& request, const Prepared& prepared, int out, int err, int failure) {
  ::setpgid(0, 0);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  std::signal(SIGPIPE, SIG_DFL);
  const int empty = ::open("/dev/null", O_RDONLY);
  ::dup2(empty, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  limit(RLIMIT_AS, request.max_memory_bytes);
  limit(RLIMIT_FSIZE, request.max_file_bytes);
  if (request.working_directory.empty() || ::chdir(request.working_directory.c_str()) == 0) {
    ::execvpe(prepared.arguments[0], prepared.arguments.data(), prepared.environment.data());
  }
  const int reason = errno;
  if (::write(failure, &reason, sizeof reason) < 0) ::_exit(126);
  ::_exit(127);
}

/// One running child, from fork to the last of its group.
class Child {
 public:
  Child(const ProcessRequest& request, pid_t pid, Descriptor out, Descriptor err)
      : request_(request),
        pid_(pid),
        out_(std::move(out)),
        err_(std::move(err)),
        out_lines_(request.max_line_bytes),
        err_lines_(request.max_line_bytes) {
    if (request.timeout) deadline_ = Clock::now() + *request.timeout;
  }

  ProcessOutcome wait() {
    bool exited = false;
    // Output may outlive the child in a grandchild: after the exit only what is already in the pipes is read.
    while (!exited) {
      pump(std::chrono::milliseconds(out_.is_open() || err_.is_open() ? 100 : 10));
      exited = reap();
      if (!exited) enforce();
    }
    ::kill(-pid_, SIGKILL);
    pump(std::chrono::milliseconds(0));
    finish_lines();
    return outcome_;
  }

 private:
  void pump(std::chrono::milliseconds patience) {
    std::array<pollfd, 2> watched = {pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
    int timeout = static_cast<int>(patience.count());
    while (::poll(watched.data(), watched.size(), timeout) > 0) {
      if (watched[0].revents != 0) read_some(out_, out_lines_, Stream::kStdout);
      if (watched[1].revents != 0) read_some(err_, err_lines_, Stream::kStderr);
      watched = {pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
      timeout = 0;
      if (asked_to_stop()) return;
    }
  }

  void read_some(Descriptor& from, LineSplitter& lines, Stream stream) {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) return;
    if (count <= 0) return from.reset();
    lines.feed({buffer.data(), static_cast<size_t>(count)}, [&](std::string_view line) { emit(stream, line); });
  }

  void finish_lines() {
    out_lines_.finish([&](std::string_view line) { emit(Stream::kStdout, line); });
    err_lines_.finish([&](std::string_view line) { emit(Stream::kStderr, line); });
  }

  void emit(Stream stream, std::string_view line) {
    if (request_.on_line) request_.on_line(stream, line);
  }

  bool asked_to_stop() const {
    return (deadline_ && Clock::now() >= *deadline_) || (request_.should_stop && request_.should_stop());
  }

  /// SIGTERM to the group at the deadline or on request, SIGKILL when the grace is over.
  void enforce() {
    if (!kill_at_) {
      if (!asked_to_stop()) return;
      const bool timed_out = deadline_ && Clock::now() >= *deadline_;
      outcome_.ended = timed_out ? ProcessOutcome::Ended::kTimedOut : ProcessOutcome::Ended::kStopped;
      ::kill(-pid_, SIGTERM);
      kill_at_ = Clock::now() + request_.grace;
    } else if (Clock::now() >= *kill_at_) {
      ::kill(-pid_, SIGKILL);
    }
  }

  bool reap() {
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) != pid_) return false;
    if (WIFEXITED(status)) outcome_.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) outcome_.signal = WTERMSIG(status);
    return true;
  }

  const ProcessRequest& request_;
  pid_t pid_;
  Descriptor out_, err_;
  LineSplitter out_lines_, err_lines_;
  std::optional<Clock::time_point> deadline_;
  std::optional<Clock::time_point> kill_at_;
  ProcessOutcome outcome_;
};

class SystemProcessRunner final : public ProcessRunner {
 public:
  Result<ProcessOutcome> run(const ProcessRequest& request) override {
    if (request.arguments.empty()) return fail(ErrorCode::kInternal, "no program to run");
    TRY(out, make_pipe());
    TRY(err, make_pipe());
    TRY(failure, make_pipe());
    const Prepared prepared(request);
    const pid_t pid = ::fork();
    if (pid < 0) return fail(ErrorCode::kInternal, "cannot start {}: {}", request.arguments[0], std::strerror(errno));
    if (pid == 0) become_child(request, prepared, out.write.get(), err.write.get(), failure.write.get());
    ::setpgid(pid, pid);
    out.write.reset();
    err.write.reset();
    failure.write.reset();
    int reason = 0;
    if (::read(failure.read.get(), &reason, sizeof reason) == sizeof reason) {
      ::waitpid(pid, nullptr, 0);
      return fail(reason == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable, "cannot start {}: {}",
                  request.arguments[0], std::strerror(reason));
    }
    return Child(request, pid, std::move(out.read), std::move(err.read)).wait();
  }
};

}  // namespace

ProcessRunner& system_process_runner() {
  static SystemProcessRunner runner;
  return runner;
}

}  // namespace modelport
