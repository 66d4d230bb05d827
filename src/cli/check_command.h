#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport check`: runs anybody's exporter as a platform would and judges it by convention/convention.md. 0
/// conformant, 1 not, 2 the check itself failed, 3 wrong arguments.
Result<int> run_check_command(std::span<const std::string> arguments);

}  // namespace modelport
