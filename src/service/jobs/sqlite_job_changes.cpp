#include "service/jobs/job_id.h"
#include "service/jobs/job_queries.h"
#include "service/jobs/sqlite_job_store.h"

/// What people do to jobs: create, cancel, remove, choose. What attempts do is in sqlite_attempts.cpp.
namespace modelport {

namespace {

using Durability = WriteQueue::Durability;
using job_queries::add_event;

/// The job that this key was used for before, if it was.
Result<std::optional<JobCreation>> replay(SqliteDatabase& database, const std::string& key,
                                          const std::string& fingerprint) {
  TRY(rows, database.query("SELECT fingerprint, job_id FROM idempotency_keys WHERE key = ?", key));
  TRY(is_known, rows.next());
  if (!is_known) return std::optional<JobCreation>();
  auto job = job_queries::find(database, rows.text(1));
  // It was removed in this moment.
  if (!job && job.error().code == ErrorCode::kNotFound) return std::optional<JobCreation>();
  if (!job) return job.error();
  using Outcome = JobCreation::Outcome;
  return std::optional(
      JobCreation{*std::move(job), rows.text(0) == fingerprint ? Outcome::kReplayed : Outcome::kKeyReused});
}

/// The training's first completed export to the format takes over from a default that was removed.
Status pass_default_on(WriteContext& context, const JobRequest& removed, Timestamp at) {
  TRY(next, job_queries::select(context.database,
                                "WHERE training_job_id = ?1 AND training_job_id <> '' AND export_format = ?2 AND "
                                "status = 'completed' ORDER BY completed_at, seq LIMIT 1",
                                removed.training_job_id, removed.export_format));
  if (next.empty()) return {};
  return job_queries::make_default(context, next.front(), at);
}

}  // namespace

Result<std::optional<JobCreation>> SqliteJobStore::find_creation(const NewJob& job) {
  if (job.idempotency_key.empty()) return std::optional<JobCreation>();
  TRY(reader, readers_.take());
  return replay(*reader.operator->(), job.idempotency_key, request_fingerprint(job.request));
}

Result<JobCreation> SqliteJobStore::create(const NewJob& job) {
  TRY(id, new_job_id());
  const std::string fingerprint = request_fingerprint(job.request);
  const Timestamp now = clock_.now();
  std::optional<JobCreation> creation;
  const Status done = writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    const JobRequest& request = job.request;
    if (!job.idempotency_key.empty()) {
      TRY(before, replay(context.database, job.idempotency_key, fingerprint));
      creation = std::move(before);
      if (creation) return {};
      CHECK_OK(context.database.run("INSERT INTO idempotency_keys (key, fingerprint, job_id) VALUES (?, ?, ?)",
                                    job.idempotency_key, fingerprint, id));
    }
    TRY(version, job_queries::version_of(context.database, request.training_job_id, version_key(request)));
    CHECK_OK(context.database.run(
        "INSERT INTO jobs (id, framework, export_format, requested_checkpoint_id, checkpoint_path, export_config, "
        "training_job_id, version_tag, webhook_url, set_as_default, force, checkpoint_id, version, max_attempts, "
        "retry_of, checkpoint_name, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        id, request.framework, request.export_format, request.checkpoint_id, request.checkpoint_path,
        one_line(request.export_config), request.training_job_id, request.version_tag, request.webhook_url,
        request.set_as_default, request.force, request.checkpoint_id, version, job.max_attempts, job.retry_of,
        request.checkpoint_name, now));
    CHECK_OK(add_event(context, id, "created", now));
    TRY(created, job_queries::find(context.database, id));
    creation = JobCreation{std::move(created), JobCreation::Outcome::kCreated};
    return {};
  });
  if (!done) return done.error();
  return *std::move(creation);
}

Result<Job> SqliteJobStore::cancel(std::string_view id) {
  const Timestamp now = clock_.now();
  const Status done = writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(job, job_queries::find(context.database, id));
    if (job.status == JobStatus::kPending) {
      CHECK_OK(context.database.run("UPDATE jobs SET status = 'cancelled', completed_at = ? WHERE id = ?", now, id));
      return add_event(context, job.id, "cancelled", now);
    }
    if (job.status != JobStatus::kRunning)
      return fail(ErrorCode::kConflict, "job {} is {} already", id, info(job.status).name);
    if (job.cancel_requested) return {};
    CHECK_OK(context.database.run("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", id));
    return add_event(context, job.id, "cancel_requested", now);
  });
  if (!done) return done.error();
  return find(id);
}

Result<Job> SqliteJobStore::remove(std::string_view id) {
  const Timestamp now = clock_.now();
  std::optional<Job> removed;
  const Status done = writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(job, job_queries::find(context.database, id));
    if (!info(job.status).is_terminal) {
      Error error = fail(ErrorCode::kConflict, "job {} is {}", id, info(job.status).name);
      error.hint = "cancel it first";
      return error;
    }
    CHECK_OK(context.database.run("DELETE FROM jobs WHERE id = ?", id));
    CHECK_OK(context.database.run("DELETE FROM events WHERE job_id = ?", id));
    CHECK_OK(context.database.run("DELETE FROM idempotency_keys WHERE job_id = ?", id));
    if (job.artifact) {
      CHECK_OK(
          context.database.run("INSERT OR IGNORE INTO doomed_artifacts SELECT ?1 "
                               "WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE artifact_key = ?1)",
                               job.artifact->key));
    }
    if (job.is_default) CHECK_OK(pass_default_on(context, job.request, now));
    context.changed.emplace_back(id);
    removed = std::move(job);
    return {};
  });
  if (!done) return done.error();
  return *std::move(removed);
}

Result<Job> SqliteJobStore::set_default(std::string_view id) {
  const Timestamp now = clock_.now();
  const Status done = writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(job, job_queries::find(context.database, id));
    if (job.request.training_job_id.empty())
      return fail(ErrorCode::kConflict, "job {} belongs to no training, so that there is nothing to be the default of",
                  id);
    if (job.status != JobStatus::kCompleted)
      return fail(ErrorCode::kConflict, "job {} is {}; a default is completed", id, info(job.status).name);
    return job_queries::make_default(context, job, now, now);
  });
  if (!done) return done.error();
  return find(id);
}

Status SqliteJobStore::mark_for_deletion(std::string_view key) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("INSERT OR IGNORE INTO doomed_artifacts (key) VALUES (?)", key));
    return {};
  });
}

Status SqliteJobStore::clear_deletion_mark(std::string_view key) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("DELETE FROM doomed_artifacts WHERE key = ?", key));
    return {};
  });
}

Status SqliteJobStore::override_availability(const AvailabilityOverride& entry) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run(
        "INSERT OR REPLACE INTO unavailable_formats "
        "(framework, export_format, reason, since, job_id, trainer) VALUES (?, ?, ?, ?, ?, ?)",
        entry.framework, entry.export_format, entry.reason, entry.since, entry.job_id, entry.trainer));
    return {};
  });
}

Status SqliteJobStore::clear_availability_overrides(std::string_view framework, std::string_view export_format) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(
        context.database.run("DELETE FROM unavailable_formats WHERE framework = ?1 AND (?2 = '' OR export_format = ?2)",
                             framework, export_format));
    return {};
  });
}

}  // namespace modelport
