#pragma once

#include <string>

#include "base/result.h"

namespace modelport {

/// "job_" and 26 characters of Crockford's base 32: 130 random bits from the kernel.
Result<std::string> new_job_id();

}  // namespace modelport
