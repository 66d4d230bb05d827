#include "process/confined_run.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>

#include "process/line_splitter.h"
#include "process/spawn.h"

namespace modelport {

namespace {

using Steady = std::chrono::steady_clock;
using Ended = ConfinedOutcome::Ended;
constexpr auto kLook = std::chrono::milliseconds(100);
constexpr int kLooksPerOutputCheck = 10;
/// More than a pipe holds: what comes after it is from somebody who still writes.
constexpr int kMostReadsAtTheEnd = 32;

/// How often the kernel has ended a process for memory since the machine started.
int64_t kernel_memory_kills() {
  std::ifstream file("/proc/vmstat");
  for (std::string name, value; file >> name >> value;) {
    if (name == "oom_kill") return std::strtoll(value.c_str(), nullptr, 10);
  }
  return 0;
}

/// One run, from start to when nothing of it is left.
class Run {
 public:
  Run(const ConfinedRequest& request, ExecutionSlot place)
      : request_(request),
        place_(std::move(place)),
        out_lines_(request.max_line_bytes),
        err_lines_(request.max_line_bytes) {}

  Result<ConfinedOutcome> finish() {
    while (place_.supervisor.link.is_open()) {
      wait_for_news();
      if (Steady::now() >= next_look_) look();
    }
    place_.end();
    explain_signal();
    // Also what ended its supervisor and cannot be found in the tree any more.
    if (place_.group) place_.group->end_all();
    drain(place_.output, out_lines_, Stream::kStdout);
    drain(place_.error, err_lines_, Stream::kStderr);
    out_lines_.finish([&](std::string_view line) { emit(Stream::kStdout, line); });
    err_lines_.finish([&](std::string_view line) { emit(Stream::kStderr, line); });
    if (cannot_start_ != 0)
      return fail(cannot_start_ == ENOENT ? ErrorCode::kNotFound : ErrorCode::kUnreadable, "cannot start {}: {}",
                  request_.arguments[0], std::strerror(cannot_start_));
    outcome_.duration = Steady::now() - began_;
    return outcome_;
  }

 private:
  void wait_for_news() {
    std::array<pollfd, 3> watched = {pollfd{place_.supervisor.link.get(), POLLIN, 0},
                                     pollfd{place_.output.get(), POLLIN, 0}, pollfd{place_.error.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_look_ - Steady::now());
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::max<int64_t>(left.count(), 0))) <= 0) return;
    if (watched[1].revents != 0) read_some(place_.output, out_lines_, Stream::kStdout);
    if (watched[2].revents != 0) read_some(place_.error, err_lines_, Stream::kStderr);
    if (watched[0].revents != 0) hear();
  }

  void hear() {
    SupervisorMessage message{};
    const ssize_t count = ::recv(place_.supervisor.link.get(), &message, sizeof message, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (count != sizeof message) return place_.supervisor.link.reset();
    switch (message.kind) {
      case SupervisorMessage::Kind::kStarted:
        if (const auto identity = identity_of(message.value); identity && request_.on_started)
          request_.on_started(*identity);
        break;
      case SupervisorMessage::Kind::kCannotStart:
        cannot_start_ = message.value;
        break;
      case SupervisorMessage::Kind::kExited:
        if (WIFEXITED(message.value)) outcome_.exit_code = WEXITSTATUS(message.value);
        if (WIFSIGNALED(message.value)) outcome_.signal = WTERMSIG(message.value);
        note_memory(static_cast<uint64_t>(message.resident_bytes));
        break;
    }
  }

  /// false at the end of the stream or when there is nothing now.
  bool read_some(Descriptor& from, LineSplitter& lines, Stream stream) {
    std::array<char, 65536> buffer;
    const ssize_t count = ::read(from.get(), buffer.data(), buffer.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return errno == EINTR;
    if (count <= 0) {
      from.reset();
      return false;
    }
    lines.feed({buffer.data(), static_cast<size_t>(count)}, [&](std::string_view line) { emit(stream, line); });
    return true;
  }

  void drain(Descriptor& from, LineSplitter& lines, Stream stream) {
    for (int i = 0; i < kMostReadsAtTheEnd && from.is_open() && read_some(from, lines, stream); ++i) {
    }
  }

  void emit(Stream stream, std::string_view line) {
    if (request_.on_line) request_.on_line(stream, line);
  }

  void look() {
    next_look_ = Steady::now() + kLook;
    const TreeUse use = tree_use(place_.supervisor.pid);
    note_memory(use.resident_bytes);
    if (use.resident_bytes > request_.memory_bytes) return kill(Ended::kOutOfMemory);
    if (use.processes > request_.processes || (place_.group && place_.group->is_out_of_processes()))
      return kill(Ended::kTooManyProcesses);
    if (++looks_ % kLooksPerOutputCheck == 0 && request_.is_over_output_limit && request_.is_over_output_limit())
      return kill(Ended::kOutputLimit);
    if (kill_at_ && Steady::now() >= *kill_at_) return order_end();
    if (Steady::now() >= began_ + request_.timeout) return terminate(Ended::kTimedOut);
    const StopOrder stop = request_.should_stop ? request_.should_stop() : StopOrder::kGoOn;
    if (stop == StopOrder::kTerminate) terminate(Ended::kStopped);
    if (stop == StopOrder::kKill) kill(Ended::kStopped);
  }

  void terminate(Ended why) {
    if (kill_at_) return;
    outcome_.ended = why;
    kill_at_ = Steady::now() + request_.grace;
    terminate_descendants(place_.supervisor.pid);
  }

  void kill(Ended why) {
    if (outcome_.ended == Ended::kByItself) outcome_.ended = why;
    kill_at_ = Steady::now();
    order_end();
  }

  void order_end() {
    if (place_.group) place_.group->forbid_forks();
    (void)::send(place_.supervisor.link.get(), "", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
  }

  void note_memory(uint64_t bytes) { outcome_.peak_resident_bytes = std::max(outcome_.peak_resident_bytes, bytes); }

  void explain_signal() {
    if (outcome_.ended != Ended::kByItself) return;
    // A shell and bubblewrap say of a child that a signal ended: 128 and its number.
    const auto ended_by = [&](int signal) { return outcome_.signal == signal || outcome_.exit_code == 128 + signal; };
    if (ended_by(SIGXFSZ)) outcome_.ended = Ended::kOutputLimit;
    const bool has_failed = outcome_.exit_code != 0;
    if (place_.group && has_failed && place_.group->is_out_of_processes()) outcome_.ended = Ended::kTooManyProcesses;
    if (place_.group && has_failed && place_.group->is_out_of_memory()) outcome_.ended = Ended::kOutOfMemory;
    if (place_.group) return;
    if (ended_by(SIGKILL) && kernel_memory_kills() > kernel_kills_before_) outcome_.ended = Ended::kOutOfMemory;
  }

  const ConfinedRequest& request_;
  ExecutionSlot place_;
  LineSplitter out_lines_, err_lines_;
  const Steady::time_point began_ = Steady::now();
  const int64_t kernel_kills_before_ = kernel_memory_kills();
  Steady::time_point next_look_ = began_ + kLook;
  std::optional<Steady::time_point> kill_at_;
  int looks_ = 0;
  int cannot_start_ = 0;
  ConfinedOutcome outcome_;
};

}  // namespace

Result<ConfinedOutcome> run_confined(const ConfinedRequest& request) {
  TRY(place, ExecutionSlot::make(request.groups, request.group));
  return run_confined(request, std::move(place));
}

Result<ConfinedOutcome> run_confined(const ConfinedRequest& request, ExecutionSlot place) {
  // One process more than it may have, so that who looks sees that it has too many.
  const uint64_t processes = request.processes == UINT64_MAX ? UINT64_MAX : request.processes + 1;
  if (place.group) CHECK_OK(place.group->hold_to({request.memory_bytes, processes}));
  CHECK_OK(run_program(place.supervisor, {.arguments = request.arguments,
                                          .environment = request.environment,
                                          .working_directory = request.working_directory,
                                          .file_bytes = request.file_bytes,
                                          .open_files = request.open_files,
                                          .capabilities = request.capabilities}));
  return Run(request, std::move(place)).finish();
}

}  // namespace modelport
