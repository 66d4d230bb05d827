#include "service/jobs/job_state.h"

#include <array>

namespace modelport {

namespace {

constexpr std::array<JobStatusInfo, 5> kStatuses = {{
    {JobStatus::kPending, "pending", false},
    {JobStatus::kRunning, "running", false},
    {JobStatus::kCompleted, "completed", true},
    {JobStatus::kFailed, "failed", true},
    {JobStatus::kCancelled, "cancelled", true},
}};

constexpr std::array<JobPhaseInfo, 5> kPhases = {{
    {JobPhase::kStarting, "starting", 0.0},
    {JobPhase::kExporting, "exporting", 0.05},
    {JobPhase::kValidating, "validating", 0.80},
    {JobPhase::kPackaging, "packaging", 0.85},
    {JobPhase::kUploading, "uploading", 0.90},
}};

constexpr std::array<FailureInfo, 22> kFailures = {{
    {FailureCode::kExportFailed, "export_failed", "The exporter could not export this checkpoint.", false},
    {FailureCode::kValidationFailed, "validation_failed", "The exporter found its own result to be wrong.", false},
    {FailureCode::kConfigurationError, "configuration_error", "The exporter refused its configuration.", false},
    {FailureCode::kUnsupportedFormat, "unsupported_format", "The framework's exporter does not write this format.",
     false},
    {FailureCode::kUnexpectedExitCode, "unexpected_exit_code",
     "The exporter ended with an exit code that the convention does not know.", false},
    {FailureCode::kKilledBySignal, "killed_by_signal", "A signal ended the exporter.", false},
    {FailureCode::kOutOfMemory, "out_of_memory", "The exporter needed more memory than it may use.", false},
    {FailureCode::kTimedOut, "timed_out", "The exporter took longer than it may.", false},
    {FailureCode::kOutputLimit, "output_limit", "The exporter wrote more than it may.", false},
    {FailureCode::kTooManyProcesses, "too_many_processes", "The exporter started more processes than it may have.",
     false},
    {FailureCode::kCannotStart, "cannot_start", "The exporter's program could not be started.", false},
    {FailureCode::kSandboxUnavailable, "sandbox_unavailable",
     "This machine cannot give the isolation that is configured as the minimum.", false},
    {FailureCode::kCheckpointMissing, "checkpoint_missing", "The checkpoint is gone or cannot be read.", false},
    {FailureCode::kUnknownFramework, "unknown_framework", "No trainer is configured for this framework.", false},
    {FailureCode::kMissingOutput, "missing_output", "The exporter succeeded without writing what it must.", false},
    {FailureCode::kUnsafeOutput, "unsafe_output", "The exporter's output holds something else than files.", false},
    {FailureCode::kInvalidMetadata, "invalid_metadata", "metadata.json does not follow the convention.", false},
    {FailureCode::kArtifactMismatch, "artifact_mismatch", "The artifact is not what metadata.json says.", false},
    {FailureCode::kPackagingFailed, "packaging_failed", "The result could not be packed.", true},
    {FailureCode::kStorageFailed, "storage_failed", "The store did not take the result.", true},
    {FailureCode::kInterrupted, "interrupted", "The service ended while the job was running.", true},
    {FailureCode::kInternal, "internal", "The service broke a rule of its own.", false},
}};

template <class Row>
const Row* row_of_name(std::span<const Row> table, std::string_view name) {
  for (const Row& row : table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

}  // namespace

std::span<const JobStatusInfo> job_status_table() { return kStatuses; }
std::span<const JobPhaseInfo> job_phase_table() { return kPhases; }
std::span<const FailureInfo> failure_table() { return kFailures; }

const JobStatusInfo& info(JobStatus status) { return kStatuses[static_cast<size_t>(status)]; }
const JobPhaseInfo& info(JobPhase phase) { return kPhases[static_cast<size_t>(phase)]; }
const FailureInfo& info(FailureCode code) { return kFailures[static_cast<size_t>(code)]; }

std::optional<JobStatus> job_status_from_name(std::string_view name) {
  const JobStatusInfo* row = row_of_name(job_status_table(), name);
  return row == nullptr ? std::nullopt : std::optional(row->status);
}

std::optional<JobPhase> job_phase_from_name(std::string_view name) {
  const JobPhaseInfo* row = row_of_name(job_phase_table(), name);
  return row == nullptr ? std::nullopt : std::optional(row->phase);
}

std::optional<FailureCode> failure_from_name(std::string_view name) {
  const FailureInfo* row = row_of_name(failure_table(), name);
  return row == nullptr ? std::nullopt : std::optional(row->code);
}

}  // namespace modelport
