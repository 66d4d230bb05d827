#pragma once

#include <string>
#include <string_view>

#include "service/jobs/job.h"
#include "service/jobs/job_store.h"
#include "service/jobs/postgres.h"
#include "service/jobs/sqlite.h"

namespace modelport {

/// The columns that job_from_row reads, in its order: "SELECT <these> FROM jobs ...".
extern const std::string_view kJobColumns;
inline constexpr int kJobColumnCount = 40;
inline constexpr int kMetadataColumn = 21;
/// A page of a list ends before the metadata of its jobs is more than this together, unless it is one job's.
inline constexpr size_t kLargestPageBytes = size_t{8} << 20;

/// The present row, of kJobColumns; Rows is SqliteRows or PostgresRows.
template <class Rows>
Result<Job> job_from_row(const Rows& rows);
extern template Result<Job> job_from_row(const SqliteRows& rows);
extern template Result<Job> job_from_row(const PostgresRows& rows);

/// A running attempt from (id, attempt, worker, process, lease_expires).
template <class Rows>
Result<RunningAttempt> attempt_from_row(const Rows& rows);
extern template Result<RunningAttempt> attempt_from_row(const SqliteRows& rows);
extern template Result<RunningAttempt> attempt_from_row(const PostgresRows& rows);

/// The sequence number below which a page of a list begins; kInvalidArgument for a cursor that cursor_below() never
/// gave.
Result<int64_t> sequence_of(const std::string& cursor);
std::string cursor_below(int64_t sequence);

/// JSON on one line, whatever bytes are in it.
std::string one_line(const Json& document);
/// The same; nothing for null.
std::optional<std::string> document_or_null(const Json& document);

/// For the record, and so for every caller: the message without where the service keeps things.
Json error_to_json(const JobError& error);
Result<JobError> error_from_json(const Json& document);

Json process_to_json(const ProcessIdentity& process);
Result<ProcessIdentity> process_from_json(const Json& document);

/// Whether a job whose attempt is given up gets no further one.
bool was_last_attempt(const Job& job, AbandonedBy by);

/// By which a training knows a checkpoint: the digest of an upload, and of a path, whose content is not known yet, the
/// path.
std::string version_key(const JobRequest& request);

/// sha256 over everything that makes two requests the same, for idempotency keys.
std::string request_fingerprint(const JobRequest& request);

}  // namespace modelport
