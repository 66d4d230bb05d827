#pragma once

#include "cli/command.h"

namespace modelport {

/// `modelport doctor`: which trainers and engines are here, their versions, where they were looked for, and what would
/// bring what is missing.
Result<int> run_doctor(std::span<const std::string> arguments);

}  // namespace modelport
