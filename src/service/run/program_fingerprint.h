#pragma once

#include <string>
#include <vector>

namespace modelport {

/// What tells a trainer from one that was changed: its command and the program's size and time. Empty where it is
/// missing.
std::string program_fingerprint(const std::vector<std::string>& command);

}  // namespace modelport
