#pragma once

#include <string>
#include <string_view>

#include "process/process_runner.h"

namespace modelport {

/// Remembers, of what an exporter writes, the lines that say why it failed.
class FailureLineScanner {
 public:
  void observe(Stream stream, std::string_view line);

  /// Message of the last line at level ERROR or CRITICAL, in the shapes that Python's logging and its kin write:
  /// "... - ERROR - message", "ERROR: message", "ERROR:logger:message", "[ERROR] message". Printable; empty without
  /// one.
  const std::string& last_error() const { return last_error_; }
  /// The last line of standard error that holds anything, printable.
  const std::string& last_stderr() const { return last_stderr_; }
  /// The sentence for a person: the last error, else the last line of stderr, else the last of all; may be empty.
  std::string sentence() const;
  /// What Python's argparse says of the arguments as its last words, below the usage that it prints first; empty where
  /// the last line is not argparse's.
  std::string argparse_error() const;
  /// Whether a line speaks of memory that could not be had.
  bool mentions_out_of_memory() const { return mentions_out_of_memory_; }

 private:
  std::string last_error_, last_stderr_, last_line_;
  bool mentions_out_of_memory_ = false;
  bool has_usage_ = false;
};

}  // namespace modelport
