#include "service/backend/retention.h"

#include "base/log.h"
#include "io/failpoint.h"

namespace modelport {

namespace {

constexpr int kJobsAtOnce = 200;

/// Whether it was there to remove. Since it was listed somebody may have chosen it as a default, or removed it.
Result<bool> remove_listed(AttemptEnvironment& environment, const std::string& id, std::string_view reason) {
  const auto job = environment.jobs.find(id);
  if (job && job->is_default) return false;
  const Status removed = job ? remove_job(environment, id) : Status(job.error());
  if (!removed && removed.error().code == ErrorCode::kNotFound) return false;
  CHECK_OK(removed);
  log_info("job {}: removed, {}", id, reason);
  return true;
}

Status remove_expired_jobs(AttemptEnvironment& environment, std::chrono::hours age) {
  const std::string reason = fmt::format("it ended more than {} hours ago", age.count());
  while (true) {
    TRY(jobs, environment.jobs.expired(age, kJobsAtOnce));
    for (const Job& job : jobs) CHECK_OK(remove_listed(environment, job.id, reason));
    if (static_cast<int>(jobs.size()) < kJobsAtOnce) return {};
  }
}

Status hold_quota(AttemptEnvironment& environment, int64_t quota) {
  const std::string reason = fmt::format("the store is over its quota of {} bytes", quota);
  TRY(bytes, environment.jobs.artifact_bytes());
  while (bytes > quota) {
    TRY(jobs, environment.jobs.oldest_results(kJobsAtOnce));
    bool has_removed = false;
    for (const Job& job : jobs) {
      if (bytes <= quota) return {};
      TRY(is_removed, remove_listed(environment, job.id, reason));
      has_removed = has_removed || is_removed;
      TRY(is_kept, environment.jobs.refers_to(job.artifact->key));
      if (!is_kept) bytes -= job.artifact->bytes;
    }
    if (!has_removed) return {};
  }
  return {};
}

Status remove_unused_uploads(AttemptEnvironment& environment, Timestamp before) {
  TRY(uploads, environment.checkpoints.list());
  for (const CheckpointInfo& upload : uploads) {
    if (upload.stored_at >= before) return {};
    TRY(is_used, environment.jobs.uses_checkpoint(upload.id));
    if (is_used) continue;
    CHECK_OK(environment.checkpoints.remove(upload.id));
    log_info("checkpoint {}: removed, no job names it", upload.id);
  }
  return {};
}

}  // namespace

Status remove_job(AttemptEnvironment& environment, std::string_view id) {
  TRY(job, environment.jobs.remove(id));
  if (job.artifact) {
    TRY(is_used, environment.jobs.refers_to(job.artifact->key));
    const std::string& key = job.artifact->key;
    const Status done = is_used ? environment.jobs.clear_deletion_mark(key) : environment.artifacts.remove(key);
    // It is marked for deletion, and the store is asked again later.
    if (!done) log_warning("{} stays in the store for now: {}", key, done.error().text());
  }
  failpoint("removal: before the log");
  return environment.logs.remove(job.id);
}

Status apply_retention(AttemptEnvironment& environment, const ServiceConfig& config) {
  const Timestamp now = environment.clock.now();
  if (config.retention.count() > 0) CHECK_OK(remove_expired_jobs(environment, config.retention));
  if (config.store_quota_bytes > 0) CHECK_OK(hold_quota(environment, config.store_quota_bytes));
  if (config.upload_retention.count() > 0) CHECK_OK(remove_unused_uploads(environment, now - config.upload_retention));
  return {};
}

}  // namespace modelport
