#pragma once

namespace modelport {

/// Counts the system calls by which a publication changes a directory (open for writing, write, fsync, rename, unlink,
/// mkdir, rmdir) and strikes at one of them. The test executable defines these functions over libc's (step_faults.cpp),
/// so that the library under test has no hook.
struct StepFaults {
  /// The call with this number (from 0) is struck; -1: none, only count.
  static void arm_kill(int step);
  /// The same, but the call fails with this errno.
  static void arm_failure(int step, int error);
  /// No call is counted or struck any more; returns how many were counted.
  static int disarm();
};

}  // namespace modelport
