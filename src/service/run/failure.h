#pragma once

#include <optional>
#include <string>

#include "process/confined_run.h"
#include "service/jobs/job.h"
#include "service/run/failure_line_scanner.h"
#include "service/run/sandbox.h"

namespace modelport {

/// Why a run is no success, with the sentence that a person needs; nothing for exit code 0. A run that was stopped by
/// order of the service is not judged here.
std::optional<JobError> judge_run(const ConfinedOutcome& outcome, const FailureLineScanner& lines, SandboxLevel level,
                                  const RunLimits& limits);

/// The sentence with which a run shows that its framework's exporter does not write the format at all: exit code 3 and
/// a last error line that begins "Unsupported format: ", or any failure whose standard error ends in
/// "NotImplementedError: ...". Nothing for every other end.
std::optional<std::string> unavailability(const ConfinedOutcome& outcome, const FailureLineScanner& lines);

}  // namespace modelport
