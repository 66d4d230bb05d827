#include "service/backend/recovery.h"

#include <filesystem>

#include "base/log.h"
#include "io/beneath.h"
#include "process/process_tree.h"
#include "service/run/exporter_process.h"

namespace modelport {

namespace {

constexpr size_t kObjectsAtOnce = 1000;

bool is_active(const std::set<std::string>& active, std::string_view key) {
  for (const std::string& name : active) {
    if (key.starts_with(name + ".")) return true;
  }
  return false;
}

}  // namespace

Status recover(AttemptEnvironment& environment) {
  TRY(attempts, environment.jobs.running_attempts());
  for (const RunningAttempt& attempt : attempts) {
    if (attempt.process) kill_tree(*attempt.process);
    (void)kill_marked(kRunMark, attempt_name(attempt.lease));
    const JobError error{FailureCode::kInterrupted,
                         fmt::format("the service ended while attempt {} was running", attempt.lease.token),
                         std::nullopt, std::nullopt, 0};
    CHECK_OK(environment.jobs.abandon(attempt.lease, error));
    environment.logs.append(attempt.lease.job_id, attempt.lease.token, LogStream::kService, error.message,
                            environment.clock.now());
    environment.logs.close(attempt.lease.job_id);
    log_info("job {}: {}", attempt.lease.job_id, error.message);
  }
  CHECK_OK(remove_tree(environment.work_directory));
  std::error_code failed;
  std::filesystem::create_directories(environment.work_directory, failed);
  if (failed) return fail(ErrorCode::kUnwritable, "cannot make {}: {}", environment.work_directory, failed.message());
  return {};
}

Status collect_orphans(AttemptEnvironment& environment, const std::set<std::string>& active) {
  for (std::string after;;) {
    TRY(objects, environment.artifacts.list("", after, kObjectsAtOnce));
    for (const ObjectInfo& object : objects) {
      TRY(is_used, environment.jobs.refers_to(object.key));
      if (!is_used && !is_active(active, object.key)) CHECK_OK(environment.artifacts.remove(object.key));
    }
    if (objects.size() < kObjectsAtOnce) break;
    after = objects.back().key;
  }
  TRY(logged, environment.logs.jobs());
  for (const std::string& id : logged) {
    const auto job = environment.jobs.find(id);
    if (!job && job.error().code == ErrorCode::kNotFound) CHECK_OK(environment.logs.remove(id));
  }
  return {};
}

}  // namespace modelport
