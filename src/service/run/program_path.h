#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace modelport {

/// The file that a trainer's program is: as named when there is a slash in it, else in $MODELPORT_BIN (a directory),
/// beside this executable, or on PATH, in this order. kNotFound.
Result<std::string> find_program(const std::string& name);

/// What tells a trainer from one that was changed: its command and the program's size and time. Empty where it is
/// missing.
std::string program_fingerprint(const std::vector<std::string>& command);

}  // namespace modelport
