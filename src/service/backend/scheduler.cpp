#include "service/backend/scheduler.h"

#include <algorithm>

#include "base/log.h"

namespace modelport {

namespace {

/// Wake-ups may be lost; then this is how long a job waits.
constexpr auto kLookAgain = std::chrono::seconds(2);

AttemptTrainer trainer_for(const LoadedTrainer& loaded, const JobRequest& request) {
  AttemptTrainer trainer{loaded.config, loaded.fingerprint, "", nullptr, false, "", loaded.verifier};
  const FrameworkCapability* capability = loaded.capability_of(request.framework);
  if (capability == nullptr) return trainer;
  trainer.exporter_version = capability->exporter_version;
  trainer.tells_capabilities = loaded.tells_capabilities;
  const auto format = std::ranges::find(capability->formats, request.export_format, &FormatCapability::format);
  if (format != capability->formats.end()) {
    trainer.config_schema = format->export_config_schema;
    trainer.proof = format->proof;
  }
  return trainer;
}

}  // namespace

Scheduler::Scheduler(AttemptEnvironment& environment, const TrainerRegistry& trainers, std::string worker,
                     LeaseRules lease)
    : environment_(environment), trainers_(trainers), worker_(std::move(worker)), lease_(lease), dispatcher_([this] {
        dispatch();
      }) {}

Scheduler::~Scheduler() { shutdown(std::chrono::seconds(0)); }

void Scheduler::wake() {
  const std::lock_guard lock(mutex_);
  has_news_ = true;
  changed_.notify_all();
}

void Scheduler::dispatch() {
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    has_news_ = false;
    lock.unlock();
    join_ended();
    const bool has_started = start_one();
    lock.lock();
    if (!has_started) changed_.wait_for(lock, kLookAgain, [&] { return has_news_ || is_ending_; });
  }
}

std::vector<std::string> Scheduler::free_frameworks() const {
  std::map<std::string, int> running;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, active] : active_) ++running[active->trainer->config.name];
  }
  std::vector<std::string> frameworks;
  for (const TrainerRegistry::Trainer& trainer : trainers_.all()) {
    if (trainer->is_awaited || running[trainer->config.name] >= trainer->config.concurrency) continue;
    frameworks.insert(frameworks.end(), trainer->config.frameworks.begin(), trainer->config.frameworks.end());
  }
  return frameworks;
}

bool Scheduler::start_one() {
  const std::vector<std::string> frameworks = free_frameworks();
  if (frameworks.empty()) return false;
  const auto asked = std::chrono::steady_clock::now();
  auto claimed = environment_.jobs.claim(worker_, frameworks, lease_.length);
  if (!claimed) log_error("no job can be claimed: {}", claimed.error().text());
  if (!claimed || !*claimed) return false;
  auto active = std::make_shared<Active>();
  active->claimed = **std::move(claimed);
  active->renewed = asked;
  active->trainer = trainers_.of_framework(active->claimed.job.request.framework);
  if (!active->trainer) {
    const JobError gone{
        FailureCode::kUnknownFramework,
        fmt::format("no trainer takes jobs of framework {} any more", active->claimed.job.request.framework),
        JobPhase::kStarting, std::nullopt, 0};
    (void)environment_.jobs.finish_failed(active->claimed.lease, gone);
    return true;
  }
  const std::lock_guard lock(mutex_);
  active_.emplace(active->claimed.job.id, active);
  active->thread = std::thread([this, active] { run(active); });
  return true;
}

void Scheduler::run(const std::shared_ptr<Active>& active) {
  const AttemptTrainer trainer = trainer_for(*active->trainer, active->claimed.job.request);
  const AttemptReport report = run_attempt(environment_, trainer, active->claimed, active->control);
  const std::lock_guard lock(mutex_);
  note(report);
  // A thread cannot join itself: the dispatcher does.
  ended_.push_back(std::move(active->thread));
  active_.erase(active->claimed.job.id);
  has_news_ = true;
  changed_.notify_all();
}

void Scheduler::note(const AttemptReport& report) {
  ++totals_.by_end[static_cast<size_t>(report.end)];
  totals_.from_cache += report.from_cache;
  if (report.exporter.count() > 0) exporter_seconds_.observe(report.exporter.count());
  if (report.end == AttemptReport::End::kCompleted && !report.from_cache)
    overhead_seconds_.observe((report.total - report.exporter).count());
}

void Scheduler::join_ended() {
  std::vector<std::thread> ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

void Scheduler::stop(const std::string& job_id, StopOrder how) {
  const std::lock_guard lock(mutex_);
  const auto found = active_.find(job_id);
  if (found == active_.end()) return;
  // Never back from kill to terminate.
  if (found->second->control.stop != StopOrder::kKill) found->second->control.stop = how;
}

void Scheduler::renew_leases() {
  std::vector<std::shared_ptr<Active>> running;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, active] : active_) running.push_back(active);
  }
  for (const auto& active : running) {
    const auto asked = std::chrono::steady_clock::now();
    const auto state = environment_.jobs.renew(active->claimed.lease, lease_.length);
    if (state) active->renewed = asked;
    if (state && *state == LeaseState::kCancelRequested) stop(active->claimed.job.id, StopOrder::kTerminate);
    if (!state && state.error().code == ErrorCode::kConflict) stop(active->claimed.job.id, StopOrder::kKill);
    const bool is_cut_off = !state && asked - active->renewed >= lease_.length * 2 / 3;
    if (is_cut_off && lease_.on_lost == LeaseRules::OnLeaseLost::kStop) {
      log_warning("job {}: ended here, another worker may take it soon: {}", active->claimed.job.id,
                  state.error().text());
      active->control.is_shutdown = true;
      stop(active->claimed.job.id, StopOrder::kKill);
    }
  }
}

bool Scheduler::runs(std::string_view job_id) const {
  const std::lock_guard lock(mutex_);
  return active_.contains(job_id);
}

std::set<std::string> Scheduler::active() const {
  const std::lock_guard lock(mutex_);
  std::set<std::string> names;
  for (const auto& [id, active] : active_) names.insert(attempt_name(active->claimed.lease));
  return names;
}

AttemptTotals Scheduler::totals() const {
  const std::lock_guard lock(mutex_);
  AttemptTotals totals = totals_;
  totals.exporter_seconds = exporter_seconds_.counts();
  totals.overhead_seconds = overhead_seconds_.counts();
  return totals;
}

void Scheduler::shutdown(std::chrono::seconds grace) {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    changed_.notify_all();
  }
  if (dispatcher_.joinable()) dispatcher_.join();
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, grace, [&] { return active_.empty(); });
    for (const auto& [id, active] : active_) {
      if (active->control.stop == StopOrder::kGoOn) active->control.is_shutdown = true;
      active->control.stop = StopOrder::kKill;
    }
    changed_.wait(lock, [&] { return active_.empty(); });
  }
  join_ended();
}

}  // namespace modelport
