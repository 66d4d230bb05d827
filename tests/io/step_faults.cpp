#include "step_faults.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdio>

namespace {

bool armed = false;
int counted = 0;
int struck_step = -1;
int struck_error = 0;

/// True when this call is to fail, with errno set. Does not return when it is to be the last of the process.
bool strike() {
  if (!armed) return false;
  if (counted++ != struck_step) return false;
  if (struck_error == 0) ::raise(SIGKILL);
  errno = struck_error;
  return true;
}

void arm(int step, int error) {
  counted = 0;
  struck_step = step;
  struck_error = error;
  armed = true;
}

}  // namespace

namespace modelport {

void StepFaults::arm_kill(int step) { arm(step, 0); }
void StepFaults::arm_failure(int step, int error) { arm(step, error); }
int StepFaults::disarm() {
  armed = false;
  return counted;
}

}  // namespace modelport

extern "C" {

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const unsigned mode = (flags & O_CREAT) != 0 ? va_arg(rest, unsigned) : 0;
  va_end(rest);
  if ((flags & O_CREAT) != 0 && strike()) return -1;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

ssize_t write(int descriptor, const void* bytes, size_t count) {
  if (strike()) return -1;
  return ::syscall(SYS_write, descriptor, bytes, count);
}

int fsync(int descriptor) {
  if (strike()) return -1;
  return static_cast<int>(::syscall(SYS_fsync, descriptor));
}

int rename(const char* from, const char* to) noexcept {
  if (strike()) return -1;
  return static_cast<int>(::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
}

int unlinkat(int directory, const char* path, int flags) noexcept {
  if (strike()) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, directory, path, flags));
}

int mkdir(const char* path, mode_t mode) noexcept {
  if (strike()) return -1;
  return static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
}

int rmdir(const char* path) noexcept {
  if (strike()) return -1;
  return static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
}
}
