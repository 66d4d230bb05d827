#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport serve [--listen ADDRESS:PORT] [--data-dir DIR] [--config FILE]`: the Backend. SIGTERM and SIGINT end it
/// in order, SIGHUP reads the configuration and the trainers again.
Result<int> run_serve(std::span<const std::string> arguments);

}  // namespace modelport
