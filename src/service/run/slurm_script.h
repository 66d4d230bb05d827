#pragma once

#include <string>

#include "process/confined_run.h"

namespace modelport {

/// The files of one run, in a directory that the service and every node reach at the same path.
struct SlurmPlace {
  std::string directory;

  std::string script() const { return directory + "/script.sh"; }
  std::string out() const { return directory + "/stdout"; }
  std::string err() const { return directory + "/stderr"; }
  std::string begun() const { return directory + "/begun"; }        ///< Made by the first job that starts.
  std::string overrun() const { return directory + "/processes"; }  ///< There once it had too many processes.
};

/// The script that a node runs: variables, limits, directory, command; whatever they hold, nothing else is run. Without
/// the script's own file in `place`, or after another job has begun there, it runs nothing: a submission that was lost
/// or told twice then does no harm. Once a second it counts the run's processes, and ends them all when there are more
/// than it may have.
std::string slurm_script(const ConfinedRequest& request, const SlurmPlace& place);

}  // namespace modelport
