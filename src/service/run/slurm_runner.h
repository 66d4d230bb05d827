#pragma once

#include <memory>
#include <string>

#include "service/run/runner.h"

namespace modelport {

/// Runs exporters as Slurm jobs, by sbatch, scontrol and scancel of PATH. Script and output lie in "NAME.slurm" in the
/// work directory, which every node must reach at the same path.
std::unique_ptr<Runner> make_slurm_runner(SlurmOptions options);

/// Cancels the Slurm job of every "NAME.slurm" in a work directory. A cluster without Slurm's commands has none.
void end_slurm_jobs(const std::string& work_directory);

/// What `scontrol show job` says of a job that is known, on one line.
struct SlurmState {
  std::string name;  ///< "RUNNING"
  int exit_code = 0;
  int signal = 0;
};
/// kDamaged where it has no JobState.
Result<SlurmState> parse_slurm_state(std::string_view line);

}  // namespace modelport
