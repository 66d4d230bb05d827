#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport worker [--listen ADDRESS:PORT] [--data-dir DIR] [--config FILE]`: runs jobs that a service on the same
/// PostgreSQL accepts. SIGTERM and SIGINT end it in order: its exports may finish within the grace, then their jobs are
/// handed back.
Result<int> run_worker(std::span<const std::string> arguments);

}  // namespace modelport
