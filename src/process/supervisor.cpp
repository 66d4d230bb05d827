#include "process/supervisor.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <span>

/// Between fork and exec, and in all of the supervisor, only async-signal-safe calls: the process that forked has other
/// threads, whose locks are copied as they were.
namespace modelport {

namespace {

/// A program as it is sent to the process that becomes it. `text_bytes` of text follow: its working directory, its
/// arguments, its environment, each with a final zero.
struct ProgramHeader {
  uint64_t text_bytes, file_bytes, open_files;
  uint32_t arguments, variables;
  Capabilities capabilities;
};

constexpr int kLink = 3, kChildSignals = 4, kProgram = 5;

void close_from(unsigned first) {
  if (::syscall(SYS_close_range, first, ~0U, 0) == 0) return;
  for (int descriptor = static_cast<int>(first); descriptor < 65536; ++descriptor) ::close(descriptor);
}

void say(SupervisorMessage::Kind kind, int value, int64_t resident_bytes = 0) {
  const SupervisorMessage message{kind, value, resident_bytes};
  (void)::send(kLink, &message, sizeof message, MSG_NOSIGNAL);
}

void limit(__rlimit_resource resource, uint64_t value) {
  rlimit present{};
  if (::getrlimit(resource, &present) != 0) return;
  const rlimit bound{std::min<rlim_t>(value, present.rlim_max), std::min<rlim_t>(value, present.rlim_max)};
  ::setrlimit(resource, &bound);
}

/// Of the bounding set, so that exec gives root none of them back.
void drop_capabilities() {
  for (int capability = 0; ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0; ++capability) {
  }
}

/// Into a control group.
bool enter(const char* entrance) {
  const int file = ::open(entrance, O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool has_entered = ::write(file, "0", 1) == 1;
  const int reason = errno;
  ::close(file);
  errno = reason;
  return has_entered;
}

/// Whether all of it came.
bool receive(void* to, size_t bytes) {
  for (char* next = static_cast<char*>(to); bytes > 0;) {
    const ssize_t count = ::read(kProgram, next, bytes);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    next += count;
    bytes -= static_cast<size_t>(count);
  }
  return true;
}

/// The strings that follow each other from `text` on, as exec wants them.
char** list_strings(char** list, uint32_t count, char*& text) {
  for (uint32_t i = 0; i < count; ++i) {
    list[i] = text;
    text += std::strlen(text) + 1;
  }
  list[count] = nullptr;
  return list;
}

[[noreturn]] void fail_to_start(int failure, int reason) {
  if (::write(failure, &reason, sizeof reason) < 0) ::_exit(126);
  ::_exit(127);
}

/// Writes why it is not to be to `failure`, which exec closes.
[[noreturn]] void become_program(const std::vector<std::string>& entrances, int failure, pid_t supervisor) {
  ::setsid();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != supervisor) ::_exit(127);
  // It ends for who listens when the supervisor does.
  ::close(kLink);
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  // Not to be held to its limits is no way to run.
  for (const std::string& entrance : entrances) {
    if (!enter(entrance.c_str())) fail_to_start(failure, errno);
  }
  ProgramHeader program{};
  if (!receive(&program, sizeof program)) ::_exit(127);
  const size_t pointers = (size_t{program.arguments} + program.variables + 2) * sizeof(char*);
  void* memory =
      ::mmap(nullptr, pointers + program.text_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail_to_start(failure, errno);
  auto** list = static_cast<char**>(memory);
  char* text = static_cast<char*>(memory) + pointers;
  if (!receive(text, program.text_bytes)) ::_exit(127);
  const char* working_directory = text;
  text += std::strlen(text) + 1;
  char** arguments = list_strings(list, program.arguments, text);
  char** environment = list_strings(list + program.arguments + 1, program.variables, text);
  if (program.capabilities == Capabilities::kDropped) drop_capabilities();
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_FSIZE, program.file_bytes);
  limit(RLIMIT_NOFILE, program.open_files);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::umask(022);
  if (::chdir(working_directory) == 0) ::execve(arguments[0], arguments, environment);
  fail_to_start(failure, errno);
}

/// SIGKILL to every direct child; what those leave behind becomes a direct child in its turn.
void kill_children() {
  const int file = ::open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
  if (file < 0) return;
  std::array<char, 4096> text;
  pid_t pid = 0;
  for (ssize_t count; (count = ::read(file, text.data(), text.size())) > 0;) {
    for (ssize_t i = 0; i < count; ++i) {
      const char c = text[static_cast<size_t>(i)];
      if (c >= '0' && c <= '9') {
        pid = pid * 10 + (c - '0');
      } else if (pid > 0) {
        ::kill(pid, SIGKILL);
        pid = 0;
      }
    }
  }
  ::close(file);
}

/// Takes leave of whoever has ended, and says so of the program. False once there is no child at all.
bool reap(pid_t program, bool& program_ended) {
  int status = 0;
  rusage use{};
  while (true) {
    const pid_t ended = ::wait4(-1, &status, WNOHANG, &use);
    if (ended <= 0) return ended == 0;
    if (ended != program) continue;
    program_ended = true;
    say(SupervisorMessage::Kind::kExited, status, int64_t{use.ru_maxrss} * 1024);
  }
}

void kill_all_that_is_left(pid_t program, bool& program_ended) {
  while (true) {
    kill_children();
    if (!reap(program, program_ended)) return;
    pollfd ended{kChildSignals, POLLIN, 0};
    ::poll(&ended, 1, 10);
    signalfd_siginfo info;
    while (::read(kChildSignals, &info, sizeof info) > 0) {
    }
  }
}

/// True once everything must go: an order, or the end of who gives them.
bool must_end() {
  char order = 0;
  return ::recv(kLink, &order, 1, MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EINTR);
}

void watch(pid_t program) {
  bool program_ended = false;
  while (!program_ended) {
    std::array<pollfd, 2> news = {pollfd{kLink, POLLIN, 0}, pollfd{kChildSignals, POLLIN, 0}};
    if (::poll(news.data(), news.size(), -1) < 0 && errno != EINTR) break;
    signalfd_siginfo info;
    while (::read(kChildSignals, &info, sizeof info) > 0) {
    }
    (void)reap(program, program_ended);
    if (news[0].revents != 0 && must_end()) break;
  }
  kill_all_that_is_left(program, program_ended);
}

/// Whether the process that started this one is gone.
bool is_alone() {
  pollfd link{kLink, 0, 0};
  return ::poll(&link, 1, 0) > 0 && (link.revents & (POLLHUP | POLLERR)) != 0;
}

[[noreturn]] void become_supervisor(const ProgramSurroundings& surroundings, int link, int program) {
  sigset_t all;
  sigfillset(&all);
  ::sigprocmask(SIG_SETMASK, &all, nullptr);
  ::setsid();
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // All descriptors to where they are wanted, from above: none of them may be overwritten before it is moved.
  constexpr int kAbove = 10;
  const int high_link = ::fcntl(link, F_DUPFD, kAbove);
  const int high_output = ::fcntl(surroundings.output, F_DUPFD, kAbove);
  const int high_error = ::fcntl(surroundings.error, F_DUPFD, kAbove);
  const int high_program = ::fcntl(program, F_DUPFD, kAbove);
  const int input = ::open("/dev/null", O_RDONLY);
  ::dup2(input, STDIN_FILENO);
  ::dup2(high_output, STDOUT_FILENO);
  ::dup2(high_error, STDERR_FILENO);
  ::dup2(high_link, kLink);
  ::fcntl(kLink, F_SETFD, FD_CLOEXEC);
  sigset_t child;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  const int signals = ::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals != kChildSignals) ::dup3(signals, kChildSignals, O_CLOEXEC);
  ::dup3(high_program, kProgram, O_CLOEXEC);
  close_from(kProgram + 1);
  std::array<int, 2> failure{};
  if (::pipe2(failure.data(), O_CLOEXEC) != 0) {
    say(SupervisorMessage::Kind::kCannotStart, errno);
    ::_exit(1);
  }
  const pid_t self = ::getpid();
  const pid_t pid = ::fork();
  if (pid == 0) become_program(surroundings.entrances, failure[1], self);
  const int fork_error = errno;
  ::close(kProgram);
  ::close(STDOUT_FILENO);
  ::close(STDERR_FILENO);
  ::close(failure[1]);
  int reason = pid < 0 ? fork_error : 0;
  if (pid > 0 && ::read(failure[0], &reason, sizeof reason) != sizeof reason) reason = 0;
  ::close(failure[0]);
  if (reason != 0) {
    say(SupervisorMessage::Kind::kCannotStart, reason);
    ::_exit(1);
  }
  say(SupervisorMessage::Kind::kStarted, pid);
  watch(pid);
  if (is_alone()) {
    for (const std::string& directory : surroundings.groups) ::rmdir(directory.c_str());
  }
  ::_exit(0);
}

struct SocketPair {
  Descriptor ours, theirs;
};

Result<SocketPair> make_socket_pair(int type) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(ErrorCode::kInternal, "cannot make a socket: {}", std::strerror(errno));
  return SocketPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

void send_all(const Descriptor& to, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
}

}  // namespace

Result<Supervisor> start_supervisor(const ProgramSurroundings& surroundings) {
  TRY(link, make_socket_pair(SOCK_SEQPACKET));
  TRY(program, make_socket_pair(SOCK_STREAM));
  const pid_t pid = ::fork();
  if (pid < 0) return fail(ErrorCode::kInternal, "cannot start a process: {}", std::strerror(errno));
  if (pid == 0) become_supervisor(surroundings, link.theirs.get(), program.theirs.get());
  return Supervisor{pid, std::move(link.ours), std::move(program.ours)};
}

Status run_program(Supervisor& supervisor, const SupervisedProgram& program) {
  if (program.arguments.empty()) return fail(ErrorCode::kInternal, "no program to run");
  std::string text = program.working_directory + '\0';
  for (const std::string& argument : program.arguments) text += argument + '\0';
  for (const auto& [name, value] : program.environment) text += name + "=" + value + '\0';
  const ProgramHeader header{.text_bytes = text.size(),
                             .file_bytes = program.file_bytes,
                             .open_files = program.open_files,
                             .arguments = static_cast<uint32_t>(program.arguments.size()),
                             .variables = static_cast<uint32_t>(program.environment.size()),
                             .capabilities = program.capabilities};
  // Where it does not take them, it says why by the link.
  send_all(supervisor.program, std::as_bytes(std::span(&header, 1)));
  send_all(supervisor.program, std::as_bytes(std::span(text)));
  supervisor.program.reset();
  return {};
}

}  // namespace modelport
