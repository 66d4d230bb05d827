#pragma once

#include "io/publication.h"

namespace modelport {

/// Starts the thread that waits for SIGTERM and SIGINT: it aborts the publications under way (a commit that has begun
/// is let finish), says so in the log and ends the process with 128 + signal, at once and whatever the other threads
/// do. Call first in main, before any other thread exists; SIGPIPE and SIGXFSZ are ignored: writes then fail with an
/// error.
void install_interrupt_handling();

/// Whether the process is about to end by a signal; long work looks at it and ends with kInterrupted.
bool interrupt_requested();
void request_interrupt();

/// Where the process is about to end by a signal: waits until it does, so that nobody else chooses its exit code.
void yield_to_interrupt();

/// While it lives, `publication` is among what an interrupt aborts.
class InterruptScope {
 public:
  explicit InterruptScope(Publication& publication);
  ~InterruptScope();
  InterruptScope(const InterruptScope&) = delete;
  InterruptScope& operator=(const InterruptScope&) = delete;

 private:
  Publication& publication_;
};

}  // namespace modelport
