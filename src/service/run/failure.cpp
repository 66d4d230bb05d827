#include "service/run/failure.h"

#include <csignal>
#include <cstring>

namespace modelport {

namespace {

using Ended = ConfinedOutcome::Ended;
constexpr std::string_view kUnsupported = "Unsupported format: ";
constexpr std::string_view kNotImplemented = "NotImplementedError: ";

FailureCode code_of_exit(int exit_code) {
  switch (exit_code) {
    case 1:
      return FailureCode::kExportFailed;
    case 2:
      return FailureCode::kValidationFailed;
    case 3:
      return FailureCode::kConfigurationError;
    default:
      return FailureCode::kUnexpectedExitCode;
  }
}

JobError error_of(FailureCode code, std::string message) {
  if (message.empty()) message = info(code).meaning;
  return {code, std::move(message), JobPhase::kExporting, std::nullopt, 0};
}

JobError limit_error(const ConfinedOutcome& outcome, const RunLimits& limits) {
  constexpr uint64_t kMegabyte = uint64_t{1} << 20;
  switch (outcome.ended) {
    case Ended::kTimedOut:
      return error_of(FailureCode::kTimedOut,
                      fmt::format("the exporter took longer than the {} s that it may", limits.timeout.count()));
    case Ended::kOutOfMemory:
      return error_of(FailureCode::kOutOfMemory,
                      fmt::format("the exporter used {} MB of memory and was ended; its limit is {} MB",
                                  outcome.peak_resident_bytes / kMegabyte, limits.memory_bytes / kMegabyte));
    case Ended::kTooManyProcesses:
      return error_of(FailureCode::kTooManyProcesses,
                      fmt::format("the exporter had more than {} processes", limits.processes));
    default:
      return error_of(FailureCode::kOutputLimit,
                      fmt::format("the exporter wrote more than it may: {} MB in all, {} MB in one file",
                                  limits.output_bytes / kMegabyte, limits.file_bytes / kMegabyte));
  }
}

}  // namespace

std::optional<JobError> judge_run(const ConfinedOutcome& outcome, const FailureLineScanner& lines, SandboxLevel level,
                                  const RunLimits& limits) {
  if (outcome.ended != Ended::kByItself) return limit_error(outcome, limits);
  // bubblewrap tells a signal as a shell does.
  const bool is_wrapped_signal = level == SandboxLevel::kBubblewrap && outcome.exit_code.value_or(0) > 128;
  const int signal = is_wrapped_signal ? *outcome.exit_code - 128 : outcome.signal;
  if (signal != 0) {
    if (lines.mentions_out_of_memory()) return error_of(FailureCode::kOutOfMemory, lines.sentence());
    std::string message = fmt::format("signal {} ({}) ended the exporter", signal, ::strsignal(signal));
    if (const std::string said = lines.sentence(); !said.empty()) message += fmt::format("; its last words: {}", said);
    JobError error = error_of(FailureCode::kKilledBySignal, std::move(message));
    error.signal = signal;
    return error;
  }
  const int exit_code = outcome.exit_code.value_or(1);
  if (exit_code == 0) return std::nullopt;
  if (level == SandboxLevel::kBubblewrap && lines.last_stderr().starts_with("bwrap: "))
    return error_of(FailureCode::kSandboxUnavailable, lines.last_stderr());
  FailureCode code = code_of_exit(exit_code);
  // argparse ends with the code that means a failed validation.
  const std::string refused = exit_code == 2 ? lines.argparse_error() : "";
  if (!refused.empty()) code = FailureCode::kConfigurationError;
  if (unavailability(outcome, lines)) code = FailureCode::kUnsupportedFormat;
  if (code == FailureCode::kExportFailed && lines.mentions_out_of_memory()) code = FailureCode::kOutOfMemory;
  JobError error = error_of(code, refused.empty() ? lines.sentence() : refused);
  error.exit_code = exit_code;
  return error;
}

std::optional<std::string> unavailability(const ConfinedOutcome& outcome, const FailureLineScanner& lines) {
  if (outcome.ended != Ended::kByItself || outcome.exit_code.value_or(0) == 0) return std::nullopt;
  if (outcome.exit_code == 3 && lines.last_error().starts_with(kUnsupported))
    return lines.last_error().substr(kUnsupported.size());
  if (lines.last_stderr().starts_with(kNotImplemented)) return lines.last_stderr().substr(kNotImplemented.size());
  return std::nullopt;
}

}  // namespace modelport
