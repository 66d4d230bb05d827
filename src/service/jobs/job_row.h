#pragma once

#include <string>
#include <string_view>

#include "service/jobs/job.h"
#include "service/jobs/job_store.h"
#include "service/jobs/sqlite.h"

namespace modelport {

/// The columns that job_from_row reads, in its order: "SELECT <these> FROM jobs ...".
extern const std::string_view kJobColumns;
inline constexpr int kJobColumnCount = 36;

/// The present row, of kJobColumns.
Result<Job> job_from_row(const SqliteRows& rows);

Json error_to_json(const JobError& error);
Result<JobError> error_from_json(const Json& document);

Json process_to_json(const ProcessIdentity& process);
Result<ProcessIdentity> process_from_json(const Json& document);

/// sha256 over everything that makes two requests the same, for idempotency keys.
std::string request_fingerprint(const JobRequest& request);

}  // namespace modelport
