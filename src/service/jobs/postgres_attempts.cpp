#include "service/jobs/postgres_job_store.h"
#include "service/jobs/postgres_queries.h"

/// What attempts do to jobs. Every update is guarded by the lease's token.
namespace modelport {

namespace {

using Durability = PostgresPool::Durability;
using postgres_queries::Lock;

Error is_over(const JobLease& lease) {
  return fail(ErrorCode::kConflict, "attempt {} of job {} is over", lease.token, lease.job_id);
}

/// kConflict where an update guarded by the lease changed nothing.
Status require_held(const Result<int64_t>& changed, const JobLease& lease) {
  if (!changed) return changed.error();
  if (*changed == 0) return is_over(lease);
  return {};
}

bool is_held(const Job& job, const JobLease& lease) {
  return job.status == JobStatus::kRunning && job.attempt == lease.token;
}

/// The job, kept from others until the transaction ends.
Result<Job> locked_job(PostgresWrite& write, const JobLease& lease) {
  return postgres_queries::find(write.database, lease.job_id, Lock::kRow);
}

Status fail_job(PostgresWrite& write, const JobLease& lease, const JobError& error) {
  const Json document = error_to_json(error);
  CHECK_OK(
      write.database.run("UPDATE jobs SET status = 'failed', error = $2, lease_expires = NULL, process = NULL, "
                         "completed_at = microseconds_now() WHERE id = $1",
                         lease.job_id, one_line(document)));
  write.count(JobStatus::kRunning, JobStatus::kFailed);
  write.add_event(lease.job_id, "failed", document);
  return {};
}

Status cancel_job(PostgresWrite& write, const JobLease& lease) {
  CHECK_OK(
      write.database.run("UPDATE jobs SET status = 'cancelled', lease_expires = NULL, process = NULL, "
                         "completed_at = microseconds_now() WHERE id = $1",
                         lease.job_id));
  write.count(JobStatus::kRunning, JobStatus::kCancelled);
  write.add_event(lease.job_id, "cancelled");
  return {};
}

/// Of a job that is locked and held.
Status abandon_job(PostgresWrite& write, const Job& job, const JobError& error, AbandonedBy by) {
  const JobLease lease{job.id, job.attempt};
  if (job.cancel_requested) return cancel_job(write, lease);
  if (was_last_attempt(job, by)) return fail_job(write, lease, error);
  CHECK_OK(
      write.database.run("UPDATE jobs SET status = 'pending', phase = NULL, progress = 0, process = NULL, "
                         "lease_expires = NULL, interruptions = interruptions + $2 WHERE id = $1",
                         job.id, by == AbandonedBy::kRestart ? 1 : 0));
  write.count(JobStatus::kRunning, JobStatus::kPending);
  write.add_event(job.id, "requeued", error_to_json(error));
  return {};
}

/// A stored artifact may be given again only while a job still points at it: whoever removes the last such job removes
/// the artifact. That job is kept until the transaction ends.
Status require_still_stored(PostgresConnection& database, const std::string& key) {
  TRY(rows, database.query("SELECT 1 FROM jobs WHERE artifact_key = $1 ORDER BY seq LIMIT 1 FOR SHARE", key));
  if (!rows.next()) return fail(ErrorCode::kNotFound, "the stored artifact was removed meanwhile");
  return {};
}

/// Whether a job that completes becomes the default of its training and format.
Result<bool> takes_default(PostgresConnection& database, const Job& job) {
  TRY(rows, database.query("SELECT version, default_chosen_at FROM jobs WHERE training_job_id = $1 AND export_format = "
                           "$2 AND is_default",
                           job.request.training_job_id, job.request.export_format));
  if (!rows.next()) return true;
  if (!job.request.set_as_default || rows.integer(0) >= job.version) return false;
  const auto chosen_at = rows.optional_time(1);
  return !chosen_at || *chosen_at <= job.created_at;
}

}  // namespace

Result<std::optional<ClaimedJob>> PostgresJobStore::claim(const std::string& worker,
                                                          std::span<const std::string> frameworks,
                                                          std::chrono::seconds lease) {
  std::optional<ClaimedJob> claimed;
  // Durable: a token that the server forgot would be given a second time.
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    claimed.reset();
    TRY(rows, write.database.query("SELECT id FROM jobs WHERE status = 'pending' AND framework = ANY($1) ORDER BY seq "
                                   "LIMIT 1 FOR UPDATE SKIP LOCKED",
                                   frameworks));
    if (!rows.next()) return {};
    const std::string id = rows.text(0);
    CHECK_OK(write.database.run(
        "UPDATE jobs SET status = 'running', phase = 'starting', progress = 0, attempt = attempt + 1, worker = $2, "
        "process = NULL, lease_expires = microseconds_now() + $3, started_at = microseconds_now() WHERE id = $1",
        id, worker, std::chrono::microseconds(lease).count()));
    TRY(job, postgres_queries::find(write.database, id, Lock::kNone));
    write.count(JobStatus::kPending, JobStatus::kRunning);
    write.add_event(id, "started", {{"attempt", job.attempt}, {"worker", worker}});
    const JobLease taken{id, job.attempt};
    claimed = ClaimedJob{std::move(job), taken};
    return {};
  });
  if (!done) return done.error();
  return claimed;
}

Result<LeaseState> PostgresJobStore::renew(const JobLease& lease, std::chrono::seconds duration) {
  LeaseState state = LeaseState::kHeld;
  const Status done = write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    TRY(rows, write.database.query("UPDATE jobs SET lease_expires = microseconds_now() + $3 WHERE id = $1 AND attempt "
                                   "= $2 AND status = 'running' RETURNING cancel_requested",
                                   lease.job_id, lease.token, std::chrono::microseconds(duration).count()));
    if (!rows.next()) return is_over(lease);
    state = rows.integer(0) != 0 ? LeaseState::kCancelRequested : LeaseState::kHeld;
    return {};
  });
  if (!done) return done.error();
  return state;
}

Status PostgresJobStore::advance(const JobLease& lease, JobPhase phase, double progress) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    TRY(job, locked_job(write, lease));
    if (!is_held(job, lease)) return is_over(lease);
    CHECK_OK(write.database.run("UPDATE jobs SET phase = $2, progress = $3 WHERE id = $1", lease.job_id,
                                info(phase).name, progress));
    if (job.phase != phase) write.add_event(lease.job_id, "phase", {{"phase", info(phase).name}});
    write.note_change(lease.job_id);
    return {};
  });
}

Status PostgresJobStore::describe(const JobLease& lease, const std::string& checkpoint_id, const std::string& sandbox) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(postgres_queries::lock_training_of(write.database, lease.job_id));
    CHECK_OK(require_held(write.database.run("UPDATE jobs SET checkpoint_id = $3, sandbox = $4 "
                                             "WHERE id = $1 AND attempt = $2 AND status = 'running'",
                                             lease.job_id, lease.token, checkpoint_id, sandbox),
                          lease));
    TRY(job, postgres_queries::find(write.database, lease.job_id, Lock::kRow));
    return postgres_queries::settle_version(write, job, checkpoint_id);
  });
}

Status PostgresJobStore::record_process(const JobLease& lease, const ProcessIdentity& process) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    return require_held(
        write.database.run("UPDATE jobs SET process = $3 WHERE id = $1 AND attempt = $2 AND status = 'running'",
                           lease.job_id, lease.token, one_line(process_to_json(process))),
        lease);
  });
}

Status PostgresJobStore::finish_completed(const JobLease& lease, const Completion& completion) {
  return write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    CHECK_OK(postgres_queries::lock_training_of(write.database, lease.job_id));
    TRY(job, locked_job(write, lease));
    const bool is_done = job.status == JobStatus::kCompleted && job.attempt == lease.token;
    if (is_done && job.artifact->key == completion.artifact.key) return {};
    if (!is_held(job, lease)) return is_over(lease);
    if (completion.from_cache) CHECK_OK(require_still_stored(write.database, completion.artifact.key));
    const auto cache_key = completion.cache_key.empty() ? std::nullopt : std::optional(completion.cache_key);
    CHECK_OK(write.database.run(
        "UPDATE jobs SET status = 'completed', progress = 1, metadata = $2, artifact_key = $3, artifact_sha256 = $4, "
        "artifact_bytes = $5, task_type = $6, model_name = $7, proof = $8, exporter_version = $9, cache_key = $10, "
        "from_cache = $11, proof_document = $12, reused_from = $13, lease_expires = NULL, process = NULL, completed_at "
        "= microseconds_now() WHERE id = $1",
        lease.job_id, one_line(completion.metadata), completion.artifact.key, completion.artifact.sha256,
        completion.artifact.bytes, completion.task_type, completion.model_name, completion.proof,
        completion.exporter_version, cache_key, completion.from_cache, document_or_null(completion.proof_document),
        completion.reused_from));
    if (!completion.trainer.empty())
      CHECK_OK(
          write.database.run("INSERT INTO completed_formats (framework, export_format, trainer) VALUES ($1, $2, "
                             "$3) ON CONFLICT DO NOTHING",
                             job.request.framework, job.request.export_format, completion.trainer));
    CHECK_OK(write.database.run("DELETE FROM doomed_artifacts WHERE key = $1", completion.artifact.key));
    write.count(JobStatus::kRunning, JobStatus::kCompleted);
    write.add_event(lease.job_id, "completed", {{"sha256", completion.artifact.sha256}});
    if (job.request.training_job_id.empty()) return {};
    TRY(takes, takes_default(write.database, job));
    return takes ? postgres_queries::make_default(write, job, postgres_queries::DefaultBy::kCompletion) : Status();
  });
}

Status PostgresJobStore::finish_failed(const JobLease& lease, const JobError& error) {
  return write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    TRY(job, locked_job(write, lease));
    const bool is_done = job.status == JobStatus::kFailed && job.attempt == lease.token;
    if (is_done && error_to_json(*job.error) == error_to_json(error)) return {};
    if (!is_held(job, lease)) return is_over(lease);
    return fail_job(write, lease, error);
  });
}

Status PostgresJobStore::finish_cancelled(const JobLease& lease) {
  return write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    TRY(job, locked_job(write, lease));
    if (job.status == JobStatus::kCancelled && job.attempt == lease.token) return {};
    if (!is_held(job, lease)) return is_over(lease);
    return cancel_job(write, lease);
  });
}

Status PostgresJobStore::abandon(const JobLease& lease, const JobError& error, AbandonedBy by) {
  return write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    TRY(job, locked_job(write, lease));
    // Whatever became of it since, this attempt is over, as was asked for.
    if (write.is_repeat && !is_held(job, lease)) return {};
    if (!is_held(job, lease)) return is_over(lease);
    return abandon_job(write, job, error, by);
  });
}

Result<std::vector<JobLease>> PostgresJobStore::reclaim_expired(const JobError& error, int limit) {
  std::vector<JobLease> reclaimed;
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    reclaimed.clear();
    TRY(jobs, postgres_queries::select(write.database,
                                       "WHERE status = 'running' AND lease_expires < microseconds_now() "
                                       "ORDER BY lease_expires LIMIT $1 FOR UPDATE SKIP LOCKED",
                                       limit));
    for (const Job& job : jobs) {
      CHECK_OK(abandon_job(write, job, error, AbandonedBy::kRestart));
      reclaimed.push_back({job.id, job.attempt});
    }
    return {};
  });
  if (!done) return done.error();
  return reclaimed;
}

}  // namespace modelport
