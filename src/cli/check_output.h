#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// Whether `check` is asked to judge a finished directory.
bool asks_for_output(std::span<const std::string> arguments);

/// `modelport check --output DIR --format FORMAT [--checkpoint FILE] [--json]`: judges one export's directory as it is,
/// without its exporter. Gives the exit code: 0 conformant, 1 not. kInvalidArgument for wrong arguments.
Result<int> check_output(std::span<const std::string> arguments);

}  // namespace modelport
