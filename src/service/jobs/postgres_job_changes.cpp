#include "service/jobs/job_id.h"
#include "service/jobs/postgres_job_store.h"
#include "service/jobs/postgres_queries.h"

/// What people do to jobs: create, cancel, remove, choose. What attempts do is in postgres_attempts.cpp.
namespace modelport {

namespace {

using Durability = PostgresPool::Durability;
using Outcome = JobCreation::Outcome;
using postgres_queries::DefaultBy;
using postgres_queries::Lock;

/// The job that this key was used for before, if it was.
Result<std::optional<JobCreation>> find_by_key(PostgresConnection& database, const std::string& key,
                                               const std::string& fingerprint) {
  TRY(rows, database.query("SELECT fingerprint, job_id FROM idempotency_keys WHERE key = $1", key));
  if (!rows.next()) return std::optional<JobCreation>();
  auto job = postgres_queries::find(database, rows.text(1), Lock::kNone);
  // It was removed in this moment.
  if (!job && job.error().code == ErrorCode::kNotFound) return std::optional<JobCreation>();
  if (!job) return job.error();
  return std::optional(
      JobCreation{*std::move(job), rows.text(0) == fingerprint ? Outcome::kReplayed : Outcome::kKeyReused});
}

/// Takes the key for this job; or gives the job that it was used for before. Whoever comes with the same key at the
/// same time waits here for the first one's commit.
Result<std::optional<JobCreation>> take_key(PostgresWrite& write, const std::string& key,
                                            const std::string& fingerprint, const std::string& job_id) {
  TRY(taken, write.database.run("INSERT INTO idempotency_keys (key, fingerprint, job_id) VALUES ($1, $2, $3) "
                                "ON CONFLICT (key) DO NOTHING",
                                key, fingerprint, job_id));
  if (taken == 1) return std::optional<JobCreation>();
  TRY(before, find_by_key(write.database, key, fingerprint));
  if (!before) return fail(ErrorCode::kBusy, "the job of this idempotency key is being removed; try again");
  if (before->job.id == job_id) before->outcome = Outcome::kCreated;
  return before;
}

/// The training's first completed export to the format takes over from a default that was removed.
Status pass_default_on(PostgresWrite& write, const JobRequest& removed) {
  TRY(next, postgres_queries::select(write.database,
                                     "WHERE training_job_id = $1 AND training_job_id <> '' AND export_format = $2 AND "
                                     "status = 'completed' ORDER BY completed_at, seq LIMIT 1",
                                     removed.training_job_id, removed.export_format));
  if (next.empty()) return {};
  return postgres_queries::make_default(write, next.front(), DefaultBy::kCompletion);
}

}  // namespace

Result<std::optional<JobCreation>> PostgresJobStore::find_creation(const NewJob& job) {
  std::optional<JobCreation> creation;
  if (job.idempotency_key.empty()) return creation;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, find_by_key(database, job.idempotency_key, request_fingerprint(job.request)));
    creation = std::move(found);
    return {};
  }));
  return creation;
}

Result<JobCreation> PostgresJobStore::create(const NewJob& job) {
  TRY(id, new_job_id());
  const std::string fingerprint = request_fingerprint(job.request);
  std::optional<JobCreation> creation;
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    const JobRequest& request = job.request;
    if (write.is_repeat) {
      if (auto found = postgres_queries::find(write.database, id, Lock::kNone)) {
        creation = JobCreation{*std::move(found), Outcome::kCreated};
        return {};
      }
    }
    if (!job.idempotency_key.empty()) {
      TRY(before, take_key(write, job.idempotency_key, fingerprint, id));
      creation = std::move(before);
      if (creation) return {};
    }
    TRY(version, postgres_queries::version_of(write.database, request.training_job_id, version_key(request)));
    CHECK_OK(write.database.run(
        "INSERT INTO jobs (id, framework, export_format, requested_checkpoint_id, checkpoint_path, export_config, "
        "training_job_id, version_tag, webhook_url, set_as_default, force, checkpoint_id, version, max_attempts, "
        "retry_of, checkpoint_name, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $4, $12, $13, "
        "$14, $15, "
        "microseconds_now())",
        id, request.framework, request.export_format, request.checkpoint_id, request.checkpoint_path,
        one_line(request.export_config), request.training_job_id, request.version_tag, request.webhook_url,
        request.set_as_default, request.force, version, job.max_attempts, job.retry_of, request.checkpoint_name));
    write.count(std::nullopt, JobStatus::kPending);
    write.add_event(id, "created");
    TRY(created, postgres_queries::find(write.database, id, Lock::kNone));
    creation = JobCreation{std::move(created), Outcome::kCreated};
    return {};
  });
  if (!done) return done.error();
  return *std::move(creation);
}

Result<Job> PostgresJobStore::cancel(std::string_view id) {
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    TRY(job, postgres_queries::find(write.database, id, Lock::kRow));
    if (job.status == JobStatus::kPending) {
      CHECK_OK(write.database.run(
          "UPDATE jobs SET status = 'cancelled', completed_at = microseconds_now() WHERE id = $1", id));
      write.count(JobStatus::kPending, JobStatus::kCancelled);
      write.add_event(job.id, "cancelled");
      return {};
    }
    if (job.status == JobStatus::kCancelled && write.is_repeat) return {};
    if (job.status != JobStatus::kRunning)
      return fail(ErrorCode::kConflict, "job {} is {} already", id, info(job.status).name);
    if (job.cancel_requested) return {};
    CHECK_OK(write.database.run("UPDATE jobs SET cancel_requested = TRUE WHERE id = $1", id));
    write.add_event(job.id, "cancel_requested");
    return {};
  });
  if (!done) return done.error();
  return find(id);
}

Result<Job> PostgresJobStore::remove(std::string_view id) {
  std::optional<Job> removed;
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    CHECK_OK(postgres_queries::lock_training_of(write.database, id));
    auto found = postgres_queries::find(write.database, id, Lock::kRow);
    if (!found && write.is_repeat && removed) return {};
    if (!found) return found.error();
    Job job = *std::move(found);
    if (!info(job.status).is_terminal) {
      Error error = fail(ErrorCode::kConflict, "job {} is {}", id, info(job.status).name);
      error.hint = "cancel it first";
      return error;
    }
    CHECK_OK(write.database.run("DELETE FROM jobs WHERE id = $1", id));
    CHECK_OK(write.database.run("DELETE FROM events WHERE job_id = $1", id));
    CHECK_OK(write.database.run("DELETE FROM idempotency_keys WHERE job_id = $1", id));
    if (job.artifact)
      CHECK_OK(
          write.database.run("INSERT INTO doomed_artifacts SELECT $1 WHERE NOT EXISTS (SELECT 1 FROM jobs WHERE "
                             "artifact_key = $1) ON CONFLICT DO NOTHING",
                             job.artifact->key));
    write.count(job.status, std::nullopt);
    if (job.is_default) CHECK_OK(pass_default_on(write, job.request));
    write.note_change(id);
    removed = std::move(job);
    return {};
  });
  if (!done) return done.error();
  return *std::move(removed);
}

Result<Job> PostgresJobStore::set_default(std::string_view id) {
  const Status done = write(Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    CHECK_OK(postgres_queries::lock_training_of(write.database, id));
    TRY(job, postgres_queries::find(write.database, id, Lock::kRow));
    if (job.request.training_job_id.empty())
      return fail(ErrorCode::kConflict, "job {} belongs to no training, so that there is nothing to be the default of",
                  id);
    if (job.status != JobStatus::kCompleted)
      return fail(ErrorCode::kConflict, "job {} is {}; a default is completed", id, info(job.status).name);
    return postgres_queries::make_default(write, job, DefaultBy::kPerson);
  });
  if (!done) return done.error();
  return find(id);
}

Status PostgresJobStore::mark_for_deletion(std::string_view key) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run("INSERT INTO doomed_artifacts (key) VALUES ($1) ON CONFLICT DO NOTHING", key));
    return {};
  });
}

Status PostgresJobStore::clear_deletion_mark(std::string_view key) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run("DELETE FROM doomed_artifacts WHERE key = $1", key));
    return {};
  });
}

Status PostgresJobStore::override_availability(const AvailabilityOverride& entry) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run(
        "INSERT INTO unavailable_formats (framework, export_format, reason, since, job_id, trainer) VALUES ($1, $2, "
        "$3, $4, $5, $6) ON CONFLICT (framework, export_format) DO UPDATE SET reason = excluded.reason, since = "
        "excluded.since, job_id = excluded.job_id, trainer = excluded.trainer",
        entry.framework, entry.export_format, entry.reason, entry.since, entry.job_id, entry.trainer));
    return {};
  });
}

Status PostgresJobStore::clear_availability_overrides(std::string_view framework, std::string_view export_format) {
  return write(Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(
        write.database.run("DELETE FROM unavailable_formats WHERE framework = $1 AND ($2 = '' OR export_format = $2)",
                           framework, export_format));
    return {};
  });
}

}  // namespace modelport
