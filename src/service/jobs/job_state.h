#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace modelport {

enum class JobStatus { kPending, kRunning, kCompleted, kFailed, kCancelled };

/// Where a running job is; beside the status, never instead of it.
enum class JobPhase { kStarting, kExporting, kValidating, kPackaging, kUploading };

/// Why a job failed, as programs tell it.
enum class FailureCode {
  kExportFailed,        ///< Exit code 1.
  kValidationFailed,    ///< Exit code 2: the exporter itself refused what it wrote.
  kConfigurationError,  ///< Exit code 3.
  kUnsupportedFormat,   ///< Exit code 3 or NotImplementedError: the framework does not write this format.
  kUnexpectedExitCode,  ///< An exit code that the convention does not know.
  kKilledBySignal,      ///< A signal that the service did not send.
  kOutOfMemory,         ///< Over the memory limit, or ended by the kernel for memory.
  kTimedOut,            ///< Over the trainer's time limit.
  kOutputLimit,         ///< Wrote more than it may.
  kTooManyProcesses,    ///< More at the same time than it may have.
  kCannotStart,         ///< The exporter's program is missing or cannot be run.
  kSandboxUnavailable,  ///< The configured minimum of isolation is not to be had on this machine.
  kCheckpointMissing,   ///< The checkpoint is gone, changed or unreadable.
  kUnknownFramework,    ///< No trainer is configured for the framework any more.
  kMissingOutput,       ///< Exit code 0 without the files that the convention asks for.
  kUnsafeOutput,        ///< Links, devices or hard links in the output.
  kInvalidMetadata,     ///< metadata.json is not what the convention says.
  kArtifactMismatch,    ///< The artifact is not what metadata.json says, or not of its format.
  kPackagingFailed,     ///< The zip could not be made.
  kStorageFailed,       ///< The store did not take it.
  kInterrupted,         ///< The service ended while the job ran, as often as it may be tried.
  kInternal,            ///< A broken invariant of the service.
};

struct JobStatusInfo {
  JobStatus status;
  std::string_view name;  ///< "pending"
  bool is_terminal;       ///< Never changes again.
};
struct JobPhaseInfo {
  JobPhase phase;
  std::string_view name;  ///< "starting"
  double progress;        ///< Of the job when the phase begins, 0 to 1.
};
struct FailureInfo {
  FailureCode code;
  std::string_view name;     ///< "export_failed"
  std::string_view meaning;  ///< A sentence for where the exporter gave none.
  /// Whether the service tries again by itself within the attempt limit.
  bool is_retried;
};

std::span<const JobStatusInfo> job_status_table();
std::span<const JobPhaseInfo> job_phase_table();
std::span<const FailureInfo> failure_table();

const JobStatusInfo& info(JobStatus status);
const JobPhaseInfo& info(JobPhase phase);
const FailureInfo& info(FailureCode code);

std::optional<JobStatus> job_status_from_name(std::string_view name);
std::optional<JobPhase> job_phase_from_name(std::string_view name);
std::optional<FailureCode> failure_from_name(std::string_view name);

}  // namespace modelport
