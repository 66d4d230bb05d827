#pragma once

#include <string>
#include <vector>

#include "process/control_groups.h"
#include "service/config/trainer_config.h"

namespace modelport {

/// What isolation this machine gives.
struct SandboxSupport {
  SandboxLevel level = SandboxLevel::kProcess;
  std::string bubblewrap;  ///< The program; empty where it is missing or does not work.
  enum class Options {
    kPlain,     ///< What every bubblewrap has.
    kHardened,  ///< From 0.8 on: no user namespaces inside, no large files in memory.
  } options = Options::kPlain;
  std::string detail;    ///< Why not more, or what there is.
  ControlGroups groups;  ///< By which the kernel holds runs to their limits; none where there are none.
};

/// Runs bubblewrap once to see.
SandboxSupport probe_sandbox();

/// What a confined program sees of the file system: everything, read-only, without `hidden`.
struct SandboxView {
  std::vector<std::string> hidden;    ///< Directories that look empty, files that cannot be read.
  std::vector<std::string> readable;  ///< What is to be seen in there all the same.
  std::string writable;               ///< The one directory that is not read-only; "scratch" in it is where it runs.
};

/// `command` within bubblewrap: no network, no other process to see, the view.
std::vector<std::string> in_bubblewrap(const SandboxSupport& support, const SandboxView& view,
                                       const std::vector<std::string>& command);

}  // namespace modelport
