#include "io/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>
#include <vector>

#include "base/log.h"

namespace modelport {

namespace {

std::mutex current_mutex;
std::vector<Publication*> current;
std::atomic<bool> requested = false;

void wait_for_interrupt(sigset_t signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) {
  }
  request_interrupt();
  const std::lock_guard lock(current_mutex);
  for (Publication* publication : current) publication->abort();
  log_error("Interrupted by {}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
  ::_exit(128 + signal);
}

}  // namespace

void install_interrupt_handling() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread(wait_for_interrupt, signals).detach();
}

bool interrupt_requested() { return requested.load(std::memory_order_relaxed); }

void request_interrupt() { requested = true; }

void yield_to_interrupt() {
  while (interrupt_requested()) ::pause();
}

InterruptScope::InterruptScope(Publication& publication) : publication_(publication) {
  const std::lock_guard lock(current_mutex);
  current.push_back(&publication);
}

InterruptScope::~InterruptScope() {
  const std::lock_guard lock(current_mutex);
  std::erase(current, &publication_);
}

}  // namespace modelport
