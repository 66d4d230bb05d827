#include "process/process_runner.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

#include "process/line_splitter.h"
#include "process/spawn.h"

namespace modelport {

namespace {

using Clock = std::chrono::steady_clock;

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
    linger();
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

  /// Waits for the rest of the group, as long as it may take. Where this process is its subreaper, what ended must be
  /// reaped here, or it would seem to run.
  void linger() {
    if (request_.linger.count() == 0) return;
    const auto until = Clock::now() + request_.linger;
    const auto is_alive = [&] {
      while (::waitpid(-pid_, nullptr, WNOHANG) > 0) {
      }
      return ::kill(-pid_, 0) == 0;
    };
    bool alive = is_alive();
    while (alive && Clock::now() < until) {
      pump(std::chrono::milliseconds(10));
      alive = is_alive();
    }
    outcome_.left_behind = alive;
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
    TRY(out, make_pipe());
    TRY(err, make_pipe());
    const Descriptor empty(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    TRY(pid, spawn({.arguments = request.arguments,
                    .environment = request.environment,
                    .working_directory = request.working_directory,
                    .input = empty.get(),
                    .output = out.write.get(),
                    .error = err.write.get(),
                    .max_memory_bytes = request.max_memory_bytes,
                    .max_file_bytes = request.max_file_bytes}));
    out.write.reset();
    err.write.reset();
    if (request.on_start) request.on_start(pid);
    return Child(request, pid, std::move(out.read), std::move(err.read)).wait();
  }
};

}  // namespace

ProcessRunner& system_process_runner() {
  // Never destroyed: what is torn down after main() may have a process to run.
  static ProcessRunner& runner = *new SystemProcessRunner;
  return runner;
}

}  // namespace modelport
