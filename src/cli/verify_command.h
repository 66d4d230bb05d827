#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace modelport {

/// `modelport verify ARTIFACT --against CHECKPOINT`: lets the checkpoint's trainer measure an existing artifact, ours
/// or anyone's, on photographs, and prints its figures.
Result<int> run_verify(std::span<const std::string> arguments);

}  // namespace modelport
