#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace modelport {

/// What went wrong, as far as a caller must tell cases apart. `error_info` maps each to the convention's exit code.
enum class ErrorCode {
  kInvalidArgument,    ///< The command line or export_config is wrong.
  kUnsupportedFormat,  ///< The export format is unknown or not available here.
  kUnavailable,        ///< An engine or a level of proof is not on this machine; a database or store does not answer.
  kNotFound,           ///< A named file does not exist.
  kUnreadable,         ///< A file exists but cannot be read (permission, is a directory, device error).
  kDamaged,            ///< A file is truncated, inconsistent or not what it claims to be.
  kHostile,            ///< A file would run code or exhaust memory if it were believed.
  kUnknownContent,     ///< The checkpoint calls what this reader does not know; nothing is said about its intent.
  kUnsupportedModel,   ///< The checkpoint is honest but of a framework, class or attribute that is not translated.
  kInconsistentModel,  ///< Parts of the checkpoint contradict each other (shapes, counts).
  kUnwritable,         ///< The output cannot be written (permission, disk full, read-only).
  kBusy,               ///< Another process holds the output directory.
  kConflict,           ///< The present state of a thing does not allow what was asked.
  kValidationFailed,   ///< The written artifact's structure or numbers differ from the checkpoint's.
  kInterrupted,        ///< SIGTERM or SIGINT.
  kInternal,           ///< A broken invariant of this program.
};

/// One row per ErrorCode: its name in reports, the convention's exit code, the HTTP status the Backend answers, and
/// whether trying again unchanged can help.
struct ErrorInfo {
  ErrorCode code;
  std::string_view name;
  int exit_code;
  int http_status;
  enum class Retryable { kNo, kYes } retryable;
};

const ErrorInfo& error_info(ErrorCode code);

/// A failure: what (`message`), where (`context`, outermost first), what to do (`hint`, may be empty).
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::vector<std::string> context;
  std::string hint;

  /// The same error seen from one level further out, such as a file name or a module path.
  Error in(std::string where) &&;

  /// "outer: inner: message (hint)" on one line.
  std::string text() const;
};

}  // namespace modelport
