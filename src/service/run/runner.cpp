#include "service/run/runner.h"

#include "service/run/slurm_runner.h"

namespace modelport {

namespace {

class LocalRunner final : public Runner {
 public:
  Result<ConfinedOutcome> run(const RunnerJob& job) override {
    TRY(place, job.places.take());
    return run_confined(job.request, std::move(place));
  }
};

}  // namespace

std::unique_ptr<Runner> runner_for(const TrainerConfig& trainer) {
  if (trainer.runner == RunnerKind::kSlurm) return make_slurm_runner(trainer.slurm);
  return std::make_unique<LocalRunner>();
}

void end_remote_runs(const std::string& work_directory) { end_slurm_jobs(work_directory); }

}  // namespace modelport
