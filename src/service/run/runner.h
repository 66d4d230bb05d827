#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "process/confined_run.h"
#include "process/prewarmed_slot.h"
#include "service/config/trainer_config.h"

namespace modelport {

/// A prepared exporter, and what else a runner needs of its attempt.
struct RunnerJob {
  const ConfinedRequest& request;
  std::string name;            ///< The run mark: unique, of letters, digits, "_" and ".".
  std::string work_directory;  ///< The attempt's own directory lies in it; a runner may keep files beside that.
  /// Tells people where the run stands, such as that it waits in a queue.
  std::function<void(std::string_view sentence)> log_service_line;
  PrewarmedSlot& places;  ///< On this machine.
};

/// Where exporters run. An outcome means the same whoever gives it: exit code or signal, and which limit ended the run.
class Runner {
 public:
  virtual ~Runner() = default;
  /// Runs to the end, calls the request's callbacks and obeys its limits. kNotFound or kUnreadable when it cannot be
  /// started, kInterrupted when the place where it ran was lost: the job may then be run again.
  virtual Result<ConfinedOutcome> run(const RunnerJob& job) = 0;
};

/// The one that a trainer's configuration names.
std::unique_ptr<Runner> runner_for(const TrainerConfig& trainer);

/// Ends what an earlier process of the service left running elsewhere, as files in its work directory tell.
void end_remote_runs(const std::string& work_directory);

}  // namespace modelport
