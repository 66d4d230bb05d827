#pragma once

#include <string>
#include <vector>

#include "process/confined_run.h"
#include "service/config/trainer_config.h"
#include "service/run/sandbox.h"

namespace modelport {

/// A trainer's command, ready to run.
struct ExporterProcess {
  ConfinedRequest request;  ///< Without its callbacks.
  SandboxLevel level = SandboxLevel::kProcess;
};

/// Where it runs: `directory` is its own, with the empty folder "scratch" as working directory, home and place for
/// temporary files.
struct ExporterPlace {
  std::string directory;
  std::vector<std::string> hidden;    ///< Directories of the service's that it may not see.
  std::vector<std::string> readable;  ///< Its input.
};

/// Name of the environment variable by which every process of a run is known: "JOB.ATTEMPT".
inline constexpr std::string_view kRunMark = "MODELPORT_RUN";

/// How the names of control groups begin of runs in directories in this one, by which those are known that a process
/// left which was killed.
std::string run_group_prefix(const std::string& work_directory);

/// `command` with this trainer's environment, limits and the best isolation that is wanted and to be had. kNotFound
/// when its program is missing, kUnavailable when there is less isolation than its minimum.
Result<ExporterProcess> prepare_exporter(const TrainerConfig& trainer, const SandboxSupport& support,
                                         const ExporterPlace& place, std::vector<std::string> command,
                                         const std::string& mark);

}  // namespace modelport
