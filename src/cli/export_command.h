#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport export CHECKPOINT --to FORMAT[,FORMAT...]`: recognises whose checkpoint it is, runs that trainer's
/// exporter, and ends with a table of what was written and proven.
Result<int> run_export_command(std::span<const std::string> arguments);

}  // namespace modelport
