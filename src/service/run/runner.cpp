#include "service/run/runner.h"

#include "base/log.h"
#include "service/run/slurm_runner.h"

namespace modelport {

namespace {

class LocalRunner final : public Runner {
 public:
  Result<ConfinedOutcome> run(const RunnerJob& job) override {
    auto outcome = run(job.request, job.places);
    if (outcome) return outcome;
    // It names files of this machine, which are nothing to whoever asked for the export.
    log_error("run {}: {}", job.name, outcome.error().text());
    return fail(outcome.error().code, "the exporter cannot be started; the service's log, under {}, says why",
                job.name);
  }

 private:
  static Result<ConfinedOutcome> run(const ConfinedRequest& request, PrewarmedSlot& places) {
    TRY(place, places.take());
    return run_confined(request, std::move(place));
  }
};

}  // namespace

std::unique_ptr<Runner> runner_for(const TrainerConfig& trainer) {
  if (trainer.runner == RunnerKind::kSlurm) return make_slurm_runner(trainer.slurm);
  return std::make_unique<LocalRunner>();
}

void end_remote_runs(const std::string& work_directory) { end_slurm_jobs(work_directory); }

}  // namespace modelport
