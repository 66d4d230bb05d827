#include "service/backend/retention.h"

#include "base/log.h"
#include "io/failpoint.h"

namespace modelport {

namespace {

constexpr int kJobsAtOnce = 200;

Status remove_expired_jobs(AttemptEnvironment& environment, Timestamp before) {
  while (true) {
    TRY(jobs, environment.jobs.expired(before, kJobsAtOnce));
    for (const Job& job : jobs) {
      CHECK_OK(remove_job(environment, job.id));
      log_info("job {}: removed, it ended before {}", job.id, timestamp_text(before));
    }
    if (static_cast<int>(jobs.size()) < kJobsAtOnce) return {};
  }
}

Status hold_quota(AttemptEnvironment& environment, int64_t quota) {
  TRY(bytes, environment.jobs.artifact_bytes());
  while (bytes > quota) {
    TRY(jobs, environment.jobs.expired(environment.clock.now(), kJobsAtOnce));
    bool has_removed = false;
    for (const Job& job : jobs) {
      if (!job.artifact || bytes <= quota) continue;
      CHECK_OK(remove_job(environment, job.id));
      log_info("job {}: removed, the store is over its quota of {} bytes", job.id, quota);
      TRY(is_kept, environment.jobs.refers_to(job.artifact->key));
      if (!is_kept) bytes -= job.artifact->bytes;
      has_removed = true;
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
    if (!is_used) CHECK_OK(environment.artifacts.remove(job.artifact->key));
    CHECK_OK(environment.jobs.forget_doomed(job.artifact->key));
  }
  failpoint("removal: before the log");
  return environment.logs.remove(job.id);
}

Status apply_retention(AttemptEnvironment& environment, const ServiceConfig& config) {
  const Timestamp now = environment.clock.now();
  if (config.retention.count() > 0) CHECK_OK(remove_expired_jobs(environment, now - config.retention));
  if (config.store_quota_bytes > 0) CHECK_OK(hold_quota(environment, config.store_quota_bytes));
  if (config.upload_retention.count() > 0) CHECK_OK(remove_unused_uploads(environment, now - config.upload_retention));
  return {};
}

}  // namespace modelport
