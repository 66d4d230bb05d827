#include "signals.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <system_error>
#include <thread>

#include "log.h"

namespace {

int signal_pipe[2];
std::atomic<bool> ending{false};

void pass_on(int number) {
  ending = true;
  const int saved = errno;
  const unsigned char byte = static_cast<unsigned char>(number);
  [[maybe_unused]] const ssize_t count = write(signal_pipe[1], &byte, 1);
  errno = saved;
}

void wait_and_end(const std::filesystem::path& scratch, std::mutex& publishing) {
  unsigned char number = 0;
  while (read(signal_pipe[0], &number, 1) != 1) {
  }
  const std::lock_guard lock(publishing);
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  pollfd stderr_state = {STDERR_FILENO, POLLOUT, 0};
  if (poll(&stderr_state, 1, 0) == 1) log("ERROR", std::string("Interrupted by SIG") + sigabbrev_np(number));
  _exit(128 + number);
}

}  // namespace

void end_on_signals(const std::filesystem::path& scratch, std::mutex& publishing) {
  if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) != 0 || fcntl(signal_pipe[0], F_SETFL, 0) != 0) {
    throw std::system_error(errno, std::generic_category(), "cannot make a pipe");
  }
  std::thread(wait_and_end, scratch, std::ref(publishing)).detach();
  struct sigaction action = {};
  action.sa_handler = pass_on;
  action.sa_flags = SA_RESTART;
  signal(SIGXFSZ, SIG_IGN);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) sigaction(number, &action, nullptr);
}

void never_return_if_ending() {
  while (ending) pause();
}

std::unique_lock<std::mutex> lock_unless_ending(std::mutex& publishing) {
  std::unique_lock<std::mutex> lock(publishing);
  if (ending) {
    lock.unlock();
    never_return_if_ending();
  }
  return lock;
}
