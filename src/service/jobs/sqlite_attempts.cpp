#include "service/jobs/job_queries.h"
#include "service/jobs/sqlite_job_store.h"

/// What attempts do to jobs. Every update is guarded by the lease's token.
namespace modelport {

namespace {

using Durability = WriteQueue::Durability;
using job_queries::add_event;

/// kConflict where an update guarded by the lease changed nothing.
Status require_held(const Result<int64_t>& changed, const JobLease& lease) {
  if (!changed) return changed.error();
  if (*changed == 0) return fail(ErrorCode::kConflict, "attempt {} of job {} is over", lease.token, lease.job_id);
  return {};
}

/// Oldest pending job of these frameworks, 0 without any.
Result<int64_t> oldest_pending(SqliteDatabase& database, std::span<const std::string> frameworks) {
  int64_t oldest = 0;
  for (const std::string& framework : frameworks) {
    TRY(rows, database.query("SELECT seq FROM jobs WHERE status = 'pending' AND framework = ? ORDER BY seq LIMIT 1",
                             framework));
    TRY(found, rows.next());
    if (found && (oldest == 0 || rows.integer(0) < oldest)) oldest = rows.integer(0);
  }
  return oldest;
}

constexpr std::string_view kFail =
    "UPDATE jobs SET status = 'failed', error = ?, lease_expires = NULL, process = NULL, completed_at = ? "
    "WHERE id = ? AND attempt = ? AND status = 'running'";
constexpr std::string_view kCancel =
    "UPDATE jobs SET status = 'cancelled', lease_expires = NULL, process = NULL, completed_at = ? "
    "WHERE id = ? AND attempt = ? AND status = 'running'";

Status fail_job(WriteContext& context, const JobLease& lease, const JobError& error, Timestamp now) {
  const Json document = error_to_json(error);
  CHECK_OK(require_held(context.database.run(kFail, one_line(document), now, lease.job_id, lease.token), lease));
  return add_event(context, lease.job_id, "failed", now, document);
}

Status cancel_job(WriteContext& context, const JobLease& lease, Timestamp now) {
  CHECK_OK(require_held(context.database.run(kCancel, now, lease.job_id, lease.token), lease));
  return add_event(context, lease.job_id, "cancelled", now);
}

/// The job must still be this attempt's.
Result<Job> held_job(WriteContext& context, const JobLease& lease) {
  TRY(job, job_queries::find(context.database, lease.job_id));
  const bool is_held = job.status == JobStatus::kRunning && job.attempt == lease.token;
  CHECK_OK(require_held(is_held ? 1 : 0, lease));
  return job;
}

/// Whether a job that completes becomes the default of its training and format.
Result<bool> takes_default(SqliteDatabase& database, const Job& job) {
  TRY(rows,
      database.query("SELECT version, default_chosen_at FROM jobs WHERE training_job_id = ? AND export_format = ? "
                     "AND is_default = 1",
                     job.request.training_job_id, job.request.export_format));
  TRY(is_taken, rows.next());
  if (!is_taken) return true;
  if (!job.request.set_as_default || rows.integer(0) >= job.version) return false;
  const auto chosen_at = rows.optional_time(1);
  return !chosen_at || *chosen_at <= job.created_at;
}

Status abandon_job(WriteContext& context, const JobLease& lease, const JobError& error, AbandonedBy by, Timestamp now) {
  TRY(job, held_job(context, lease));
  if (job.cancel_requested) return cancel_job(context, lease, now);
  if (was_last_attempt(job, by)) return fail_job(context, lease, error, now);
  CHECK_OK(
      context.database.run("UPDATE jobs SET status = 'pending', phase = NULL, progress = 0, process = NULL, "
                           "lease_expires = NULL, interruptions = interruptions + ? WHERE id = ?",
                           by == AbandonedBy::kRestart ? 1 : 0, lease.job_id));
  return add_event(context, lease.job_id, "requeued", now, error_to_json(error));
}

/// A stored artifact may be given again only while a job still points at it: whoever removes the last such job removes
/// the artifact.
Status require_still_stored(SqliteDatabase& database, const std::string& key) {
  TRY(rows, database.query("SELECT 1 FROM jobs WHERE artifact_key = ? LIMIT 1", key));
  TRY(found, rows.next());
  if (!found) return fail(ErrorCode::kNotFound, "the stored artifact was removed meanwhile");
  return {};
}

}  // namespace

Result<std::optional<ClaimedJob>> SqliteJobStore::claim(const std::string& worker,
                                                        std::span<const std::string> frameworks,
                                                        std::chrono::seconds lease) {
  {
    TRY(reader, readers_.take());
    TRY(oldest, oldest_pending(*reader.operator->(), frameworks));
    if (oldest == 0) return std::optional<ClaimedJob>();
  }
  const Timestamp now = clock_.now();
  std::optional<ClaimedJob> claimed;
  const Status done = writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    TRY(sequence, oldest_pending(context.database, frameworks));
    if (sequence == 0) return {};
    CHECK_OK(
        context.database.run("UPDATE jobs SET status = 'running', phase = 'starting', progress = 0, "
                             "attempt = attempt + 1, worker = ?, process = NULL, lease_expires = ?, started_at = ? "
                             "WHERE seq = ? AND status = 'pending'",
                             worker, now + lease, now, sequence));
    TRY(jobs, job_queries::select(context.database, "WHERE seq = ?", sequence));
    if (jobs.empty()) return fail(ErrorCode::kInternal, "a pending job vanished within one transaction");
    claimed = ClaimedJob{jobs.front(), {jobs.front().id, jobs.front().attempt}};
    return add_event(context, claimed->job.id, "started", now, {{"attempt", claimed->lease.token}, {"worker", worker}});
  });
  if (!done) return done.error();
  return claimed;
}

Result<LeaseState> SqliteJobStore::renew(const JobLease& lease, std::chrono::seconds duration) {
  const Timestamp now = clock_.now();
  LeaseState state = LeaseState::kHeld;
  const Status done = writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    TRY(rows, context.database.query("UPDATE jobs SET lease_expires = ? WHERE id = ? AND attempt = ? AND "
                                     "status = 'running' RETURNING cancel_requested",
                                     now + duration, lease.job_id, lease.token));
    TRY(is_held, rows.next());
    CHECK_OK(require_held(is_held ? 1 : 0, lease));
    if (rows.integer(0) != 0) state = LeaseState::kCancelRequested;
    CHECK_OK(rows.next());
    return {};
  });
  if (!done) return done.error();
  return state;
}

Status SqliteJobStore::advance(const JobLease& lease, JobPhase phase, double progress) {
  const Timestamp now = clock_.now();
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    TRY(job, held_job(context, lease));
    CHECK_OK(context.database.run("UPDATE jobs SET phase = ?, progress = ? WHERE id = ?", info(phase).name, progress,
                                  lease.job_id));
    if (job.phase != phase) return add_event(context, lease.job_id, "phase", now, {{"phase", info(phase).name}});
    context.changed.push_back(lease.job_id);
    return {};
  });
}

Status SqliteJobStore::describe(const JobLease& lease, const std::string& checkpoint_id, const std::string& sandbox) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(require_held(context.database.run("UPDATE jobs SET checkpoint_id = ?, sandbox = ? "
                                               "WHERE id = ? AND attempt = ? AND status = 'running'",
                                               checkpoint_id, sandbox, lease.job_id, lease.token),
                          lease));
    TRY(job, job_queries::find(context.database, lease.job_id));
    return job_queries::settle_version(context, job, checkpoint_id);
  });
}

Status SqliteJobStore::record_process(const JobLease& lease, const ProcessIdentity& process) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    return require_held(context.database.run("UPDATE jobs SET process = ? WHERE id = ? AND attempt = ? AND "
                                             "status = 'running'",
                                             one_line(process_to_json(process)), lease.job_id, lease.token),
                        lease);
  });
}

Status SqliteJobStore::finish_completed(const JobLease& lease, const Completion& completion) {
  const Timestamp now = clock_.now();
  return writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(job, held_job(context, lease));
    if (completion.from_cache) CHECK_OK(require_still_stored(context.database, completion.artifact.key));
    const auto cache_key = completion.cache_key.empty() ? std::nullopt : std::optional(completion.cache_key);
    CHECK_OK(context.database.run(
        "UPDATE jobs SET status = 'completed', progress = 1, metadata = ?, artifact_key = ?, artifact_sha256 = ?, "
        "artifact_bytes = ?, task_type = ?, model_name = ?, proof = ?, exporter_version = ?, cache_key = ?, "
        "from_cache = ?, proof_document = ?, reused_from = ?, lease_expires = NULL, process = NULL, completed_at = ? "
        "WHERE id = ?",
        one_line(completion.metadata), completion.artifact.key, completion.artifact.sha256, completion.artifact.bytes,
        completion.task_type, completion.model_name, completion.proof, completion.exporter_version, cache_key,
        completion.from_cache, document_or_null(completion.proof_document), completion.reused_from, now, lease.job_id));
    if (!completion.trainer.empty())
      CHECK_OK(context.database.run(
          "INSERT OR IGNORE INTO completed_formats (framework, export_format, trainer) VALUES (?, ?, ?)",
          job.request.framework, job.request.export_format, completion.trainer));
    CHECK_OK(context.database.run("DELETE FROM doomed_artifacts WHERE key = ?", completion.artifact.key));
    CHECK_OK(add_event(context, lease.job_id, "completed", now, {{"sha256", completion.artifact.sha256}}));
    if (job.request.training_job_id.empty()) return {};
    TRY(takes, takes_default(context.database, job));
    return takes ? job_queries::make_default(context, job, now) : Status();
  });
}

Status SqliteJobStore::finish_failed(const JobLease& lease, const JobError& error) {
  const Timestamp now = clock_.now();
  return writes_.run(Durability::kOnReturn,
                     [&](WriteContext& context) { return fail_job(context, lease, error, now); });
}

Status SqliteJobStore::finish_cancelled(const JobLease& lease) {
  const Timestamp now = clock_.now();
  return writes_.run(Durability::kOnReturn, [&](WriteContext& context) { return cancel_job(context, lease, now); });
}

Status SqliteJobStore::abandon(const JobLease& lease, const JobError& error, AbandonedBy by) {
  const Timestamp now = clock_.now();
  return writes_.run(Durability::kOnReturn,
                     [&](WriteContext& context) { return abandon_job(context, lease, error, by, now); });
}

Result<std::vector<JobLease>> SqliteJobStore::reclaim_expired(const JobError& error, int limit) {
  const Timestamp now = clock_.now();
  std::vector<JobLease> reclaimed;
  const Status done = writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(jobs, job_queries::select(context.database,
                                  "WHERE status = 'running' AND lease_expires < ? ORDER BY seq LIMIT ?", now, limit));
    for (const Job& job : jobs) {
      reclaimed.push_back({job.id, job.attempt});
      CHECK_OK(abandon_job(context, reclaimed.back(), error, AbandonedBy::kRestart, now));
    }
    return {};
  });
  if (!done) return done.error();
  return reclaimed;
}

}  // namespace modelport
