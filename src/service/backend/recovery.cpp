#include "service/backend/recovery.h"

#include <filesystem>
#include <set>

#include "base/log.h"
#include "io/beneath.h"
#include "io/failpoint.h"
#include "process/process_tree.h"
#include "service/run/exporter_process.h"
#include "service/run/runner.h"

namespace modelport {

namespace {

constexpr int kKeysAtOnce = 1000;

/// Where no job points at it. A store that is away is asked again by collect_orphans().
Status remove_unrecorded(AttemptEnvironment& environment, const std::string& key) {
  TRY(is_recorded, environment.jobs.refers_to(key));
  if (is_recorded) return {};
  const Status removed = environment.artifacts.remove(key);
  if (removed) return {};
  log_warning("{} stays in the store for now: {}", key, removed.error().text());
  return environment.jobs.mark_for_deletion(key);
}

/// Of running attempts, which are still to complete with what they store.
Result<std::set<std::string>> keys_in_progress(AttemptEnvironment& environment) {
  TRY(attempts, environment.jobs.running_attempts());
  std::set<std::string> keys;
  for (const RunningAttempt& attempt : attempts) keys.insert(artifact_key(attempt.lease));
  return keys;
}

/// Whether all of them were dealt with: a store that is away is asked again another time.
Result<bool> remove_pending_deletions(AttemptEnvironment& environment, const std::vector<std::string>& keys) {
  // Looked up after them: what was marked by an attempt that is not among these is nobody's.
  TRY(kept, keys_in_progress(environment));
  for (const std::string& key : keys) {
    if (kept.contains(key)) continue;
    TRY(is_recorded, environment.jobs.refers_to(key));
    if (is_recorded) {
      CHECK_OK(environment.jobs.clear_deletion_mark(key));
    } else if (const Status removed = environment.artifacts.remove(key); !removed) {
      log_warning("{} stays in the store for now: {}", key, removed.error().text());
      return false;
    }
  }
  return kept.empty();
}

}  // namespace

Status end_unattended(AttemptEnvironment& environment, const RunningAttempt& attempt, const std::string& reason) {
  failpoint("recovery: before a process is ended");
  if (attempt.process) kill_tree(*attempt.process);
  (void)kill_marked(kRunMark, attempt_name(attempt.lease));
  const JobError error{FailureCode::kInterrupted, reason, std::nullopt, std::nullopt, 0};
  CHECK_OK(remove_unrecorded(environment, artifact_key(attempt.lease)));
  failpoint("recovery: before an attempt is over");
  CHECK_OK(environment.jobs.abandon(attempt.lease, error, AbandonedBy::kRestart));
  failpoint("recovery: after an attempt is over");
  environment.logs.append(attempt.lease.job_id, attempt.lease.token, LogStream::kService, error.message,
                          environment.clock.now());
  environment.logs.close(attempt.lease.job_id);
  log_info("job {}: {}", attempt.lease.job_id, error.message);
  return {};
}

Status recover(AttemptEnvironment& environment, std::string_view worker) {
  TRY(attempts, environment.jobs.running_attempts());
  for (const RunningAttempt& attempt : attempts) {
    if (!worker.empty() && attempt.worker != worker) continue;
    CHECK_OK(end_unattended(environment, attempt,
                            fmt::format("the service ended while attempt {} was running", attempt.lease.token)));
  }
  remove_groups(environment.sandbox.groups, run_group_prefix(environment.work_directory));
  end_remote_runs(environment.work_directory);
  CHECK_OK(remove_tree(environment.work_directory));
  std::error_code failed;
  std::filesystem::create_directories(environment.work_directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", environment.work_directory, failed.message());
  return {};
}

Status reclaim_from_lost_workers(AttemptEnvironment& environment) {
  const JobError error{FailureCode::kInterrupted, "the worker was not heard of for too long", std::nullopt,
                       std::nullopt, 0};
  TRY(reclaimed, environment.jobs.reclaim_expired(error, kKeysAtOnce));
  for (const JobLease& lease : reclaimed) {
    log_warning("job {}: attempt {} is given up, {}", lease.job_id, lease.token, error.message);
    CHECK_OK(remove_unrecorded(environment, artifact_key(lease)));
  }
  return {};
}

Status collect_orphans(AttemptEnvironment& environment) {
  for (bool has_more = true; has_more;) {
    TRY(keys, environment.jobs.artifacts_pending_deletion(kKeysAtOnce));
    TRY(is_done, remove_pending_deletions(environment, keys));
    has_more = is_done && static_cast<int>(keys.size()) == kKeysAtOnce;
  }
  TRY(logged, environment.logs.jobs());
  for (const std::string& id : logged) {
    const auto job = environment.jobs.find(id);
    if (!job && job.error().code == ErrorCode::kNotFound) CHECK_OK(environment.logs.remove(id));
  }
  return {};
}

}  // namespace modelport
