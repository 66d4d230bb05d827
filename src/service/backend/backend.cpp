#include "service/backend/backend.h"

#include <sys/prctl.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/log.h"
#include "service/backend/artifact_prediction.h"
#include "service/backend/checkpoint_inspection.h"
#include "service/backend/data_directory.h"
#include "service/backend/job_webhooks.h"
#include "service/backend/recorded_artifact_store.h"
#include "service/backend/recovery.h"
#include "service/backend/retention.h"
#include "service/backend/scheduler.h"
#include "service/backend/submission.h"
#include "service/backend/trainer_loading.h"
#include "service/backend/trainer_record.h"
#include "service/jobs/postgres_job_store.h"
#include "service/jobs/sqlite_job_store.h"
#include "service/jobs/worker_registry.h"

namespace modelport {

namespace {

using Role = ServiceConfig::Role;

/// Renewed six times before it runs out.
constexpr int kHeartbeatsPerLease = 6;
constexpr int kHeartbeatsPerRound = 30;
/// Of webhooks that were delivered or given up.
constexpr auto kDeliveriesKept = std::chrono::days(30);

Result<std::vector<TrainerConfig>> read_trainers(const ServiceConfig& config) {
  if (config.trainers_file.empty()) return config.trainers;
  std::ifstream file(config.trainers_file);
  if (!file) return fail(ErrorCode::kNotFound, "{} cannot be read", config.trainers_file);
  std::ostringstream text;
  text << file.rdbuf();
  return parse_trainers(text.str(), config.trainers_file);
}

Status check_role(const ServiceConfig& config) {
  if (config.database.empty() && config.role != Role::kAllInOne) {
    Error error = fail(ErrorCode::kInvalidArgument, "{} needs PostgreSQL: SQLite is for one process",
                       config.role == Role::kWorker ? "a worker" : "a service whose jobs are run by workers");
    error.hint = "set database.url in the configuration file";
    return error;
  }
  if (!config.database.empty() && config.shared_directory.empty()) {
    Error error = fail(ErrorCode::kInvalidArgument,
                       "with PostgreSQL, logs and checkpoints need a directory that all its processes reach");
    error.hint = "set shared_dir in the configuration file";
    return error;
  }
  return {};
}

Result<PostgresConfig> database_of(const ServiceConfig& config) {
  PostgresConfig database{config.database, ""};
  if (config.database_password_file.empty()) return database;
  std::ifstream file(config.database_password_file);
  if (!std::getline(file, database.password) || database.password.empty())
    return fail(ErrorCode::kNotFound, "{} holds no password", config.database_password_file);
  return database;
}

}  // namespace

class Backend::State {
 public:
  State(ServiceConfig given, DataDirectory held, std::unique_ptr<JobStore> job_store,
        std::unique_ptr<LogStore> log_store, std::unique_ptr<MeteredArtifactStore> artifact_store,
        std::unique_ptr<CheckpointStore> checkpoint_store)
      : config(std::move(given)),
        directory(std::move(held)),
        jobs(std::move(job_store)),
        logs(std::move(log_store)),
        metered_artifacts(artifact_store.get()),
        artifacts(std::make_unique<RecordedArtifactStore>(std::move(artifact_store), *jobs)),
        checkpoints(std::move(checkpoint_store)),
        environment{*jobs,          *logs,           *artifacts,       *checkpoints,
                    system_clock(), probe_sandbox(), directory.work(), {directory.path(), directory.shared()}},
        loading(trainers,
                [this](const TrainerConfig& trainer, const std::function<bool()>& is_called_off) {
                  return load_trainer(trainer, environment.sandbox, directory.work(), environment.hidden,
                                      is_called_off);
                }),
        own{config.inspect_program, environment.sandbox, directory.work(), environment.hidden},
        inspection(own),
        prediction(own, *artifacts) {
    environment.modelport = config.inspect_program;
    environment.hidden.insert(environment.hidden.end(), config.checkpoint_roots.begin(), config.checkpoint_roots.end());
    if (!config.trainers_file.empty()) environment.hidden.push_back(config.trainers_file);
    environment.hidden.insert(environment.hidden.end(), config.secret_files.begin(), config.secret_files.end());
  }

  ~State() { end(std::chrono::seconds(0)); }

  Status begin() {
    const SandboxSupport& sandbox = environment.sandbox;
    log_info("sandbox: {}: {}; control groups: {}", sandbox_level_name(sandbox.level), sandbox.detail,
             sandbox.groups.detail);
    // Before any job changes, so that no change goes without its delivery.
    using Database = JobWebhooks::Database;
    webhooks = std::make_unique<JobWebhooks>(jobs->deliveries(), jobs->changes(), system_clock(),
                                             worker_registry ? Database::kShared : Database::kOwn);
    CHECK_OK(use_webhooks(config.webhooks));
    TRY(name, directory.worker_name());
    worker = std::move(name);
    CHECK_OK(recover(environment, worker_registry ? worker : ""));
    if (config.role != Role::kWorker) CHECK_OK(collect_orphans(environment));
    CHECK_OK(load_trainers());
    using OnLeaseLost = LeaseRules::OnLeaseLost;
    if (config.role != Role::kApi) {
      CHECK_OK(send_heartbeat());
      environment.places.prewarm();
      const LeaseRules lease{config.lease, worker_registry ? OnLeaseLost::kStop : OnLeaseLost::kContinue};
      scheduler = std::make_unique<Scheduler>(environment, trainers, worker, lease);
    }
    if (worker_registry)
      news = jobs->changes().subscribe("", [this](std::string_view job_id) { on_job_changed(job_id); });
    if (scheduler) leases = std::thread([this] { keep_leases(); });
    upkeep = std::thread([this] { run_maintenance(); });
    return {};
  }

  /// A worker sends none.
  Status use_webhooks(const WebhookConfig& wanted) {
    return webhooks->use(config.role == Role::kWorker ? WebhookConfig() : wanted);
  }

  std::shared_ptr<const ServiceConfig> limits() const {
    const std::lock_guard lock(limits_mutex);
    return limits_in_force;
  }

  /// Of a configuration that was read again, what needs no restart.
  Status apply_limits(const ServiceConfig& wanted) {
    CHECK_OK(use_webhooks(wanted.webhooks).in("webhooks"));
    auto taken = std::make_shared<const ServiceConfig>(wanted);
    const std::lock_guard lock(limits_mutex);
    limits_in_force = std::move(taken);
    return {};
  }

  /// What a client cannot mend, and may try again.
  Status check_availability(const std::string& framework) const {
    if (config.role == Role::kApi && worker_count == 0)
      return fail(ErrorCode::kUnavailable, "no worker is there at the moment");
    const TrainerRegistry::Trainer trainer = trainers.of_framework(framework);
    if (trainer && trainer->is_awaited)
      return fail(ErrorCode::kUnavailable, "the exporter of {} has not answered --capabilities yet", framework);
    return {};
  }

  Status load_trainers() {
    if (config.role == Role::kApi) return refresh_remote_trainers();
    TRY(configs, read_trainers(config));
    loading.load(configs, config.trainer_timeout);
    return {};
  }

  /// The trainers of a service without runs of its own are those of its workers; of two that take the same framework
  /// the one that started last counts.
  Status refresh_remote_trainers() {
    TRY(workers, worker_registry->live_workers(config.lease));
    std::vector<LoadedTrainer> learnt;
    std::set<std::string> known;
    for (const WorkerRow& row : workers) {
      for (LoadedTrainer& trainer : trainers_from_json(row.trainers)) {
        std::erase_if(trainer.capabilities, [&](const auto& each) { return !known.insert(each.framework).second; });
        trainer.config.frameworks.clear();
        for (const FrameworkCapability& each : trainer.capabilities)
          trainer.config.frameworks.push_back(each.framework);
        if (!trainer.capabilities.empty()) learnt.push_back(std::move(trainer));
      }
    }
    worker_count = workers.size();
    trainers.replace(std::move(learnt));
    return {};
  }

  void end(std::chrono::seconds grace) {
    news.reset();
    if (scheduler) scheduler->shutdown(grace);
    {
      const std::lock_guard lock(mutex);
      is_ending = true;
    }
    ending.notify_all();
    if (leases.joinable()) leases.join();
    if (upkeep.joinable()) upkeep.join();
    loading.end();
    if (webhooks) webhooks->shutdown();
    if (worker_registry && scheduler) (void)worker_registry->deregister(worker);
  }

  std::vector<FrameworkCapability> capabilities() {
    const auto overrides = jobs->availability_overrides();
    std::vector<FrameworkCapability> rows;
    for (const TrainerRegistry::Trainer& trainer : trainers.all()) {
      for (const FrameworkCapability& row : trainer->capabilities) {
        rows.push_back(overrides ? with_availability_overrides(row, trainer->fingerprint, *overrides) : row);
        for (FormatCapability& format : rows.back().formats) {
          if (format.is_known) continue;
          const auto has_completed = jobs->has_completed(row.framework, format.format, trainer->fingerprint);
          format.is_known = has_completed && *has_completed;
        }
      }
    }
    return rows;
  }

  /// Whoever forces a job tries what others were told is not to be had.
  Result<std::vector<AvailabilityOverride>> overrides_for(const JobRequest& request) {
    if (request.force) return std::vector<AvailabilityOverride>();
    return jobs->availability_overrides();
  }

  const ServiceConfig config;  ///< As it was at the start.
  DataDirectory directory;
  std::unique_ptr<JobStore> jobs;
  std::unique_ptr<LogStore> logs;
  MeteredArtifactStore* const metered_artifacts;
  const std::unique_ptr<ArtifactStore> artifacts;
  std::unique_ptr<CheckpointStore> checkpoints;
  AttemptEnvironment environment;
  TrainerRegistry trainers;
  TrainerLoading loading;
  OwnProgram own;
  CheckpointInspection inspection;
  ArtifactPrediction prediction;
  std::string worker;                               ///< This process's name.
  std::unique_ptr<WorkerRegistry> worker_registry;  ///< Null with SQLite.
  std::atomic<size_t> worker_count = 0;             ///< Of a service of role kApi.
  std::unique_ptr<Scheduler> scheduler;             ///< Null for role kApi.
  std::unique_ptr<JobWebhooks> webhooks;
  Readiness readiness;
  std::atomic<int64_t> accepted = 0;

 private:
  /// A job changed, here or in another process.
  void on_job_changed(std::string_view job_id) {
    if (!scheduler) return;
    scheduler->wake();
    if (!scheduler->runs(job_id)) return;
    const std::lock_guard lock(mutex);
    has_news = true;
    ending.notify_all();
  }

  Status send_heartbeat() {
    if (!worker_registry) return {};
    return worker_registry->heartbeat({worker, config.listens_at, MODELPORT_VERSION, trainers_to_json(trainers.all())});
  }

  std::chrono::milliseconds heartbeat_interval() const {
    return std::chrono::milliseconds(config.lease) / kHeartbeatsPerLease;
  }

  /// On a thread of its own: what run_maintenance does may take longer than a lease.
  void keep_leases() {
    std::unique_lock lock(mutex);
    while (!is_ending) {
      ending.wait_for(lock, heartbeat_interval(), [&] { return is_ending || has_news; });
      has_news = false;
      lock.unlock();
      scheduler->renew_leases();
      lock.lock();
    }
  }

  void run_maintenance() {
    std::unique_lock lock(mutex);
    for (int beat = 1; !ending.wait_for(lock, heartbeat_interval(), [&] { return is_ending; }); ++beat) {
      lock.unlock();
      if (worker_registry) sync_cluster();
      if (scheduler) reclaim_unowned_attempts();
      reload_changed_trainers();
      if (beat % kHeartbeatsPerRound == 0 && config.role != Role::kWorker) clean();
      lock.lock();
    }
  }

  /// What several processes on one database owe each other; a database that is away is reported by its store.
  void sync_cluster() {
    const Status present = config.role == Role::kApi ? refresh_remote_trainers() : send_heartbeat();
    if (!present) log_debug("{}", present.error().text());
    if (const Status done = reclaim_from_lost_workers(environment); !done) log_debug("{}", done.error().text());
  }

  /// Attempts whose end could not be written for so long that they gave up (a full disk, a database that was away).
  /// Seen twice, since one that was claimed just now is on record before it is here.
  void reclaim_unowned_attempts() {
    const auto attempts = jobs->running_attempts();
    if (!attempts) return;
    const std::set<std::string> active = scheduler->active();
    std::set<std::string> seen;
    for (const RunningAttempt& attempt : *attempts) {
      const std::string name = attempt_name(attempt.lease);
      if (attempt.worker != worker || active.contains(name)) continue;
      if (!unattended.contains(name)) {
        seen.insert(name);
        continue;
      }
      const Status done = end_unattended(environment, attempt, "how the attempt ended could not be recorded");
      if (!done) log_error("job {}: {}", attempt.lease.job_id, done.error().text());
    }
    unattended = std::move(seen);
  }

  /// An exporter that was installed anew has other capabilities, and its overrides no longer count.
  void reload_changed_trainers() {
    if (config.role == Role::kApi) return;
    for (const TrainerRegistry::Trainer& trainer : trainers.all()) {
      if (trainer->has_changed()) loading.ask_again(trainer->config);
    }
  }

  void clean() {
    if (const Status done = apply_retention(environment, *limits()); !done)
      log_error("retention: {}", done.error().text());
    if (const Status done = collect_orphans(environment); !done) log_error("orphans: {}", done.error().text());
    if (const Status done = jobs->deliveries().remove_ended(kDeliveriesKept); !done)
      log_error("webhooks: {}", done.error().text());
  }

  mutable std::mutex limits_mutex;
  /// Attempts, pending jobs, retention and quota, which a reload changes.
  std::shared_ptr<const ServiceConfig> limits_in_force = std::make_shared<const ServiceConfig>(config);
  std::mutex mutex;
  std::condition_variable ending;
  bool is_ending = false;
  bool has_news = false;             ///< Of a job that runs here: it may be cancelled or taken away.
  std::set<std::string> unattended;  ///< Attempts that nobody made here a heartbeat ago; of the upkeep alone.
  ChangeFeed::Subscription news;
  std::thread leases;  ///< Not for role kApi.
  std::thread upkeep;
};

Backend::Backend(std::unique_ptr<State> state) : state_(std::move(state)) {}
Backend::~Backend() = default;

Result<std::unique_ptr<Backend>> Backend::start(ServiceConfig config, std::unique_ptr<ArtifactStore> artifacts,
                                                std::unique_ptr<CheckpointSource> source) {
  // Exporters of the same user can read neither the environment nor the memory nor the descriptors of this process.
  ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  CHECK_OK(check_role(config));
  TRY(directory, DataDirectory::hold(config.data_directory, config.shared_directory));
  std::unique_ptr<JobStore> jobs;
  std::unique_ptr<WorkerRegistry> worker_registry;
  if (config.database.empty()) {
    TRY(store, SqliteJobStore::open(directory.database(), system_clock()));
    jobs = std::move(store);
  } else {
    TRY(database, database_of(config));
    TRY(store, PostgresJobStore::open(database));
    jobs = std::move(store);
    worker_registry = std::make_unique<WorkerRegistry>(database);
  }
  TRY(logs, LogStore::open(directory.logs(), {.bytes = config.max_log_bytes}));
  if (!artifacts) {
    TRY(local, open_local_artifact_store(directory.artifacts()));
    artifacts = std::move(local);
  }
  TRY(checkpoints, CheckpointStore::open(directory.checkpoints(), config.checkpoint_roots,
                                         {.upload_bytes = config.max_upload_bytes,
                                          .expanded_bytes = config.max_expanded_bytes,
                                          .abandoned_after = std::chrono::hours(worker_registry ? 24 : 0)},
                                         std::move(source)));
  auto state =
      std::make_unique<State>(std::move(config), std::move(directory), std::move(jobs), std::move(logs),
                              std::make_unique<MeteredArtifactStore>(std::move(artifacts)), std::move(checkpoints));
  state->worker_registry = std::move(worker_registry);
  CHECK_OK(state->begin());
  return std::unique_ptr<Backend>(new Backend(std::move(state)));
}

Status Backend::check_webhook_url(const std::string& url) const { return state_->webhooks->check_url(url); }

Result<JobCreation> Backend::submit(const JobRequest& request, const std::string& idempotency_key) {
  const auto limits = state_->limits();
  NewJob wanted{request, limits->max_attempts, "", idempotency_key};
  // A job that was accepted is given again whatever has become of its format, checkpoint or trainer since.
  TRY(before, state_->jobs->find_creation(wanted));
  if (before) return *std::move(before);
  CHECK_OK(state_->check_availability(request.framework));
  TRY(overrides, state_->overrides_for(request));
  CHECK_OK(check_request(request, state_->trainers, overrides, *state_->checkpoints));
  CHECK_OK(state_->webhooks->check_url(request.webhook_url));
  // Whoever uploads the same content later may call it otherwise.
  if (request.checkpoint_name.empty() && !request.checkpoint_id.empty()) {
    TRY(checkpoint, state_->checkpoints->find(request.checkpoint_id));
    wanted.request.checkpoint_name = checkpoint.name;
  }
  TRY(counts, state_->jobs->counts());
  if (counts.by_status[static_cast<size_t>(JobStatus::kPending)] >= limits->max_pending_jobs)
    return fail(ErrorCode::kBusy, "{} jobs are waiting already; try again later", limits->max_pending_jobs);
  TRY(creation, state_->jobs->create(wanted));
  if (creation.outcome == JobCreation::Outcome::kCreated) ++state_->accepted;
  if (state_->scheduler) state_->scheduler->wake();
  return creation;
}

Result<Job> Backend::cancel(std::string_view id, CancelMode mode) {
  TRY(job, state_->jobs->cancel(id));
  if (state_->scheduler)
    state_->scheduler->stop(job.id, mode == CancelMode::kForce ? StopOrder::kKill : StopOrder::kTerminate);
  return job;
}

Result<JobCreation> Backend::retry(std::string_view id, const std::string& idempotency_key) {
  TRY(job, state_->jobs->find(id));
  const NewJob wanted{job.request, state_->limits()->max_attempts, job.id, idempotency_key};
  TRY(before, state_->jobs->find_creation(wanted));
  if (before) return *std::move(before);
  if (job.status != JobStatus::kFailed && job.status != JobStatus::kCancelled)
    return fail(ErrorCode::kConflict, "job {} is {}; what failed or was cancelled can be tried again", id,
                info(job.status).name);
  TRY(overrides, state_->overrides_for(job.request));
  CHECK_OK(check_request(job.request, state_->trainers, overrides, *state_->checkpoints));
  TRY(creation, state_->jobs->create(wanted));
  if (creation.outcome == JobCreation::Outcome::kCreated) ++state_->accepted;
  if (state_->scheduler) state_->scheduler->wake();
  return creation;
}

Status Backend::remove_checkpoint(const std::string& id) {
  CHECK_OK(state_->checkpoints->find(id));
  for (const JobStatus status : {JobStatus::kPending, JobStatus::kRunning}) {
    JobFilter filter;
    filter.status = status;
    filter.checkpoint_id = id;
    TRY(page, state_->jobs->list(filter, "", 1));
    if (page.jobs.empty()) continue;
    Error error =
        fail(ErrorCode::kConflict, "job {} needs this checkpoint and is {}", page.jobs[0].id, info(status).name);
    error.hint = "wait for its end, or cancel it first";
    return error;
  }
  return state_->checkpoints->remove(id);
}

Status Backend::clear_override(const std::string& framework, const std::string& export_format) {
  const TrainerRegistry::Trainer trainer = state_->trainers.of_framework(framework);
  if (!trainer) return fail(ErrorCode::kNotFound, "there is no framework {}", framework);
  CHECK_OK(state_->jobs->clear_availability_overrides(framework, export_format));
  if (state_->scheduler) state_->scheduler->wake();
  return {};
}

Status Backend::remove(std::string_view id) { return remove_job(state_->environment, id); }
Result<Job> Backend::set_default(std::string_view id) { return state_->jobs->set_default(id); }
std::vector<FrameworkCapability> Backend::capabilities() { return state_->capabilities(); }

Result<Json> Backend::inspect_checkpoint(const std::string& id) {
  TRY(checkpoint, state_->checkpoints->find(id));
  return state_->inspection.inspect(checkpoint);
}

ArtifactPrediction& Backend::predictions() { return state_->prediction; }
JobStore& Backend::jobs() { return *state_->jobs; }
LogStore& Backend::logs() { return *state_->logs; }
ArtifactStore& Backend::artifacts() { return *state_->artifacts; }
CheckpointStore& Backend::checkpoints() { return *state_->checkpoints; }

Status Backend::reload(const ServiceConfig& wanted) {
  // One that fails holds up neither the other nor what runs.
  const Status taken = state_->apply_limits(wanted);
  CHECK_OK(state_->load_trainers());
  for (const std::string& framework : state_->trainers.frameworks())
    CHECK_OK(state_->jobs->clear_availability_overrides(framework, ""));
  if (state_->scheduler) state_->scheduler->wake();
  return taken;
}

std::vector<ReadinessCheck> Backend::readiness() {
  std::vector<ReadinessCheck> checks;
  constexpr std::string_view kAway = "it does not answer, or takes nothing now; the service's log says why";
  checks.push_back(state_->readiness.check("database", state_->jobs->check(), kAway));
  checks.push_back(state_->readiness.check("artifact store", state_->artifacts->check(), kAway));
  for (const TrainerRegistry::Trainer& trainer : state_->trainers.all()) {
    for (const FrameworkCapability& capability : trainer->capabilities)
      checks.push_back({fmt::format("framework {}", capability.framework), capability.problem.empty(),
                        capability.problem,
                        capability.problem.empty() ? "" : error_info(ErrorCode::kUnavailable).name});
  }
  if (state_->config.role == Role::kApi) {
    const size_t workers = state_->worker_count;
    checks.push_back({"workers", workers > 0, workers > 0 ? fmt::format("{} workers", workers) : "no worker is there",
                      workers > 0 ? "" : error_info(ErrorCode::kUnavailable).name});
    return checks;
  }
  const SandboxSupport& sandbox = state_->environment.sandbox;
  const bool is_least = sandbox.level == SandboxLevel::kProcess;
  checks.push_back(
      {"sandbox", true,
       fmt::format("{}: {}", sandbox_level_name(sandbox.level),
                   is_least ? "bubblewrap does not work here; the service's log says why" : sandbox.detail),
       ""});
  const std::string_view groups = control_groups_name(sandbox.groups.version);
  checks.push_back({"control groups", true,
                    groups.empty() ? "none, limits are looked at ten times a second; the service's log says why"
                                   : std::string(groups),
                    ""});
  return checks;
}

BackendMetrics Backend::metrics() {
  BackendMetrics metrics;
  const auto began = std::chrono::steady_clock::now();
  if (const auto counts = state_->jobs->counts()) {
    metrics.jobs = *counts;
    if (const auto wait = state_->jobs->longest_wait(); wait && *wait)
      metrics.oldest_pending_seconds = std::chrono::duration<double>(**wait).count();
    if (const auto deliveries = state_->jobs->deliveries().counts()) metrics.deliveries = *deliveries;
  }
  metrics.database_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  metrics.accepted = state_->accepted;
  metrics.webhooks = state_->webhooks->totals();
  metrics.store = state_->metered_artifacts->operations();
  for (const TrainerRegistry::Trainer& trainer : state_->trainers.all()) {
    for (const FrameworkCapability& capability : trainer->capabilities)
      metrics.frameworks.push_back({capability.framework, capability.problem.empty()});
  }
  if (state_->config.role == Role::kApi) metrics.workers = state_->worker_count;
  std::error_code failed;
  const auto space = std::filesystem::space(state_->directory.path(), failed);
  if (!failed) metrics.data_free_bytes = static_cast<int64_t>(space.available);
  if (!state_->scheduler) return metrics;
  metrics.attempts = state_->scheduler->totals();
  metrics.running_exporters = static_cast<int>(state_->scheduler->active().size());
  return metrics;
}

void Backend::shutdown(std::chrono::seconds grace) { state_->end(grace); }

}  // namespace modelport
