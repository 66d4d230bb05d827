#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport inspect FILE [--json]`: prints what a checkpoint is without running any of it. Exit code 0 for honest
/// files of a readable container; else the error's, after whatever could be told, the pickles' globals and calls above
/// all.
Result<int> run_inspect(std::span<const std::string> arguments);

}  // namespace modelport
