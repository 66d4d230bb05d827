#include "process/connected_child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/printable.h"

namespace modelport {

namespace {

constexpr size_t kKept = 4096;
/// How long a child that closed its input may take to end.
constexpr auto kLeave = std::chrono::milliseconds(500);

Result<DescriptorPair> make_link() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return fail(ErrorCode::kInternal, "cannot make a socket: {}", std::strerror(errno));
  return DescriptorPair{Descriptor(ends[0]), Descriptor(ends[1])};
}

/// The last line that says something.
std::string last_line(std::string_view text) {
  const size_t end = text.find_last_not_of(" \r\n\t");
  if (end == std::string_view::npos) return "";
  text = text.substr(0, end + 1);
  const size_t newline = text.rfind('\n');
  return printable(newline == std::string_view::npos ? text : text.substr(newline + 1));
}

bool would_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

}  // namespace

Result<std::unique_ptr<ConnectedChild>> ConnectedChild::start(const std::vector<std::string>& arguments) {
  TRY(link, make_link());
  TRY(printed, make_pipe());
  TRY(pid, spawn({.arguments = arguments,
                  .environment = {},
                  .working_directory = "",
                  .input = link.write.get(),
                  .output = printed.write.get(),
                  .error = printed.write.get()}));
  ::fcntl(link.read.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(printed.read.get(), F_SETFL, O_NONBLOCK);
  return std::unique_ptr<ConnectedChild>(new ConnectedChild(pid, std::move(link.read), std::move(printed.read)));
}

ConnectedChild::~ConnectedChild() {
  std::string ignored;
  reap(ignored);
}

Status ConnectedChild::send(std::span<const std::byte> bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    CHECK_OK(wait_for(Direction::kOut, deadline));
    const ssize_t count = ::send(link_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes = bytes.subspan(static_cast<size_t>(count));
    } else if (!would_wait(errno)) {
      return ended_by_itself();
    }
  }
  return {};
}

Status ConnectedChild::receive(std::span<std::byte> bytes, Clock::time_point deadline) {
  while (!bytes.empty()) {
    CHECK_OK(wait_for(Direction::kIn, deadline));
    const ssize_t count = ::recv(link_.get(), bytes.data(), bytes.size(), 0);
    if (count > 0) {
      bytes = bytes.subspan(static_cast<size_t>(count));
    } else if (count == 0 || !would_wait(errno)) {
      return ended_by_itself();
    }
  }
  return {};
}

Status ConnectedChild::wait_for(Direction direction, Clock::time_point deadline) {
  if (has_ended()) return fail(ErrorCode::kUnavailable, "{}", ending_);
  const auto begin = Clock::now();
  const auto event = static_cast<short>(direction == Direction::kIn ? POLLIN : POLLOUT);
  while (true) {
    std::array<pollfd, 2> watched = {pollfd{link_.get(), event, 0}, pollfd{printed_.get(), POLLIN, 0}};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return end(
          fmt::format("gave no answer within {:.3g} s", std::chrono::duration<double>(deadline - begin).count()));
    }
    if (::poll(watched.data(), watched.size(), static_cast<int>(std::min<int64_t>(left.count(), 1000))) < 0) continue;
    if (watched[1].revents != 0) read_printed();
    if (watched[0].revents != 0) return {};
  }
}

void ConnectedChild::read_printed() {
  std::array<char, 4096> buffer;
  while (printed_.is_open()) {
    const ssize_t count = ::read(printed_.get(), buffer.data(), buffer.size());
    if (count < 0 && would_wait(errno)) return;
    if (count <= 0) return printed_.reset();
    last_printed_.append(buffer.data(), static_cast<size_t>(count));
    if (last_printed_.size() > kKept) last_printed_.erase(0, last_printed_.size() - kKept);
  }
}

void ConnectedChild::reap(std::string& how) {
  if (has_ended()) return;
  link_.reset();
  ::kill(-pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status)) how = fmt::format("ended with exit code {}", WEXITSTATUS(status));
  if (WIFSIGNALED(status))
    how = fmt::format("was ended by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  read_printed();
  pid_ = -1;
}

Error ConnectedChild::ended_by_itself() {
  // How it ends is only known if it is not killed before.
  link_.reset();
  siginfo_t info{};
  for (const auto until = Clock::now() + kLeave; Clock::now() < until;) {
    if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_) break;
    ::poll(nullptr, 0, 5);
  }
  return end("");
}

Error ConnectedChild::end(std::string_view reason) {
  if (has_ended()) return fail(ErrorCode::kUnavailable, "{}", ending_);
  std::string how;
  reap(how);
  ending_ = reason.empty() ? how : reason;
  const std::string said = last_line(last_printed_);
  if (!said.empty()) ending_ += fmt::format("; the last it printed: {}", said);
  return fail(ErrorCode::kUnavailable, "{}", ending_);
}

}  // namespace modelport
