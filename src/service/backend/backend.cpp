#include "service/backend/backend.h"

#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>
#include <sstream>

#include "base/log.h"
#include "service/backend/checkpoint_inspection.h"
#include "service/backend/data_directory.h"
#include "service/backend/recovery.h"
#include "service/backend/retention.h"
#include "service/backend/scheduler.h"
#include "service/backend/submission.h"
#include "service/backend/trainer_registry.h"
#include "service/jobs/sqlite_job_store.h"

namespace modelport {

namespace {

constexpr auto kHeartbeat = std::chrono::seconds(10);
constexpr int kHeartbeatsPerRound = 30;

Result<std::vector<TrainerConfig>> read_trainers(const ServiceConfig& config) {
  if (config.trainers_file.empty()) return config.trainers;
  std::ifstream file(config.trainers_file);
  if (!file) return fail(ErrorCode::kNotFound, "{} cannot be read", config.trainers_file);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_trainers(text.str(), config.trainers_file);
}

std::string worker_name() {
  char host[256] = "here";
  (void)::gethostname(host, sizeof host - 1);
  return fmt::format("{}.{}", host, ::getpid());
}

}  // namespace

class Backend::State {
 public:
  State(ServiceConfig given, DataDirectory held, std::unique_ptr<JobStore> job_store,
        std::unique_ptr<LogStore> log_store, std::unique_ptr<ArtifactStore> artifact_store,
        std::unique_ptr<CheckpointStore> checkpoint_store)
      : config(std::move(given)),
        directory(std::move(held)),
        jobs(std::move(job_store)),
        logs(std::move(log_store)),
        artifacts(std::move(artifact_store)),
        checkpoints(std::move(checkpoint_store)),
        environment{*jobs,          *logs,           *artifacts,       *checkpoints,
                    system_clock(), probe_sandbox(), directory.work(), {directory.path()}},
        inspection(config.inspect_program, environment.sandbox, directory.work(), environment.hidden) {
    environment.hidden.insert(environment.hidden.end(), config.checkpoint_roots.begin(), config.checkpoint_roots.end());
  }

  ~State() { end(std::chrono::seconds(0)); }

  Status begin() {
    CHECK_OK(recover(environment));
    CHECK_OK(collect_orphans(environment));
    CHECK_OK(load_trainers());
    scheduler = std::make_unique<Scheduler>(environment, trainers, worker_name());
    upkeep = std::thread([this] { keep_up(); });
    return {};
  }

  Status load_trainers() {
    TRY(configs, read_trainers(config));
    std::vector<std::future<LoadedTrainer>> loading;
    for (const TrainerConfig& trainer : configs) {
      loading.push_back(std::async(std::launch::async, [this, &trainer] {
        return load_trainer(trainer, environment.sandbox, directory.work(), environment.hidden);
      }));
    }
    std::vector<LoadedTrainer> loaded;
    for (auto& each : loading) loaded.push_back(each.get());
    for (const LoadedTrainer& trainer : loaded) {
      for (const FrameworkCapability& capability : trainer.capabilities) {
        if (!capability.problem.empty()) log_warning("{}: {}", capability.framework, capability.problem);
      }
    }
    trainers.replace(std::move(loaded));
    return {};
  }

  void end(std::chrono::seconds grace) {
    if (scheduler) scheduler->shutdown(grace);
    {
      const std::lock_guard lock(mutex);
      is_ending = true;
    }
    ending.notify_all();
    if (upkeep.joinable()) upkeep.join();
  }

  std::vector<FrameworkCapability> capabilities() {
    const auto marks = jobs->marks();
    std::vector<FrameworkCapability> rows;
    for (const TrainerRegistry::Trainer& trainer : trainers.all()) {
      for (const FrameworkCapability& row : trainer->capabilities)
        rows.push_back(marks ? with_marks(row, trainer->fingerprint, *marks) : row);
    }
    return rows;
  }

  ServiceConfig config;
  DataDirectory directory;
  std::unique_ptr<JobStore> jobs;
  std::unique_ptr<LogStore> logs;
  std::unique_ptr<ArtifactStore> artifacts;
  std::unique_ptr<CheckpointStore> checkpoints;
  AttemptEnvironment environment;
  CheckpointInspection inspection;
  TrainerRegistry trainers;
  std::unique_ptr<Scheduler> scheduler;
  std::atomic<int64_t> accepted = 0;

 private:
  void keep_up() {
    std::unique_lock lock(mutex);
    for (int beat = 1; !ending.wait_for(lock, kHeartbeat, [&] { return is_ending; }); ++beat) {
      lock.unlock();
      scheduler->renew_leases();
      reload_changed_trainers();
      if (beat % kHeartbeatsPerRound == 0) clean();
      lock.lock();
    }
  }

  /// An exporter that was installed anew has other capabilities, and its marks no longer count.
  void reload_changed_trainers() {
    for (const TrainerRegistry::Trainer& trainer : trainers.all()) {
      if (!trainer->has_changed()) continue;
      log_info("trainer {} was changed; its capabilities are asked for again", trainer->config.name);
      trainers.replace_one(load_trainer(trainer->config, environment.sandbox, directory.work(), environment.hidden));
    }
  }

  void clean() {
    if (const Status done = apply_retention(environment, config); !done)
      log_error("retention: {}", done.error().text());
    if (const Status done = collect_orphans(environment); !done) log_error("orphans: {}", done.error().text());
  }

  std::mutex mutex;
  std::condition_variable ending;
  bool is_ending = false;
  std::thread upkeep;
};

Backend::Backend(std::unique_ptr<State> state) : state_(std::move(state)) {}
Backend::~Backend() = default;

Result<std::unique_ptr<Backend>> Backend::start(ServiceConfig config, std::unique_ptr<ArtifactStore> artifacts) {
  TRY(directory, DataDirectory::hold(config.data_directory));
  TRY(jobs, SqliteJobStore::open(directory.database(), system_clock()));
  TRY(logs, LogStore::open(directory.logs(), {.bytes = config.max_log_bytes}));
  if (!artifacts) {
    TRY(local, open_local_artifact_store(directory.artifacts()));
    artifacts = std::move(local);
  }
  TRY(checkpoints,
      CheckpointStore::open(directory.checkpoints(), config.checkpoint_roots,
                            {.upload_bytes = config.max_upload_bytes, .expanded_bytes = config.max_expanded_bytes}));
  auto state = std::make_unique<State>(std::move(config), std::move(directory), std::move(jobs), std::move(logs),
                                       std::move(artifacts), std::move(checkpoints));
  CHECK_OK(state->begin());
  return std::unique_ptr<Backend>(new Backend(std::move(state)));
}

Result<JobCreation> Backend::submit(const JobRequest& request, const std::string& idempotency_key) {
  TRY(marks, state_->jobs->marks());
  CHECK_OK(check_request(request, state_->trainers, marks, *state_->checkpoints));
  TRY(counts, state_->jobs->counts());
  if (counts.by_status[static_cast<size_t>(JobStatus::kPending)] >= state_->config.max_pending_jobs)
    return fail(ErrorCode::kBusy, "{} jobs are waiting already; try again later", state_->config.max_pending_jobs);
  TRY(creation, state_->jobs->create({request, state_->config.max_attempts, "", idempotency_key}));
  if (creation.outcome == JobCreation::Outcome::kCreated) ++state_->accepted;
  state_->scheduler->wake();
  return creation;
}

Result<Job> Backend::cancel(std::string_view id, CancelMode mode) {
  TRY(job, state_->jobs->cancel(id));
  state_->scheduler->stop(job.id, mode == CancelMode::kForce ? StopOrder::kKill : StopOrder::kTerminate);
  return job;
}

Result<JobCreation> Backend::retry(std::string_view id, const std::string& idempotency_key) {
  TRY(job, state_->jobs->find(id));
  if (job.status != JobStatus::kFailed && job.status != JobStatus::kCancelled)
    return fail(ErrorCode::kConflict, "job {} is {}; what failed or was cancelled can be tried again", id,
                info(job.status).name);
  TRY(marks, state_->jobs->marks());
  CHECK_OK(check_request(job.request, state_->trainers, marks, *state_->checkpoints));
  TRY(creation, state_->jobs->create({job.request, state_->config.max_attempts, job.id, idempotency_key}));
  if (creation.outcome == JobCreation::Outcome::kCreated) ++state_->accepted;
  state_->scheduler->wake();
  return creation;
}

Status Backend::remove(std::string_view id) { return remove_job(state_->environment, id); }
Result<Job> Backend::set_default(std::string_view id) { return state_->jobs->set_default(id); }
std::vector<FrameworkCapability> Backend::capabilities() { return state_->capabilities(); }

Result<Json> Backend::inspect_checkpoint(const std::string& id) {
  TRY(checkpoint, state_->checkpoints->find(id));
  return state_->inspection.inspect(checkpoint);
}

JobStore& Backend::jobs() { return *state_->jobs; }
LogStore& Backend::logs() { return *state_->logs; }
ArtifactStore& Backend::artifacts() { return *state_->artifacts; }
CheckpointStore& Backend::checkpoints() { return *state_->checkpoints; }

Status Backend::reload() {
  CHECK_OK(state_->load_trainers());
  for (const std::string& framework : state_->trainers.frameworks()) CHECK_OK(state_->jobs->clear_marks(framework, ""));
  state_->scheduler->wake();
  return {};
}

std::vector<ReadinessCheck> Backend::readiness() {
  std::vector<ReadinessCheck> checks;
  const auto add = [&](std::string name, const Status& status) {
    checks.push_back({std::move(name), static_cast<bool>(status), status ? "" : status.error().text()});
  };
  add("database", state_->jobs->check());
  add("artifact store", state_->artifacts->check());
  for (const TrainerRegistry::Trainer& trainer : state_->trainers.all()) {
    for (const FrameworkCapability& capability : trainer->capabilities)
      checks.push_back(
          {fmt::format("framework {}", capability.framework), capability.problem.empty(), capability.problem});
  }
  const SandboxSupport& sandbox = state_->environment.sandbox;
  checks.push_back({"sandbox", true, fmt::format("{}: {}", sandbox_level_name(sandbox.level), sandbox.detail)});
  return checks;
}

BackendFigures Backend::figures() {
  BackendFigures figures;
  if (const auto counts = state_->jobs->counts()) figures.jobs = *counts;
  AttemptTotals totals = state_->scheduler->totals();
  figures.running_exporters = static_cast<int>(state_->scheduler->active().size());
  figures.accepted_total = state_->accepted;
  figures.completed_total = totals.completed;
  figures.failed_total = totals.failed;
  figures.cancelled_total = totals.cancelled;
  figures.cache_hits_total = totals.from_cache;
  figures.overhead_seconds = std::move(totals.overhead_seconds);
  return figures;
}

void Backend::shutdown(std::chrono::seconds grace) { state_->end(grace); }

}  // namespace modelport
