#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// Where a program was looked for, and where it is.
struct ProgramSearch {
  std::string path;                    ///< Absolute; empty where it is nowhere.
  std::vector<std::string> looked_at;  ///< Where it was not, in this order; PATH as one place.
};

/// As named when there is a slash in it, else in $MODELPORT_BIN (a directory), beside this executable, or on PATH, in
/// this order.
ProgramSearch search_program(std::string_view name);

/// The same, as kNotFound where it is nowhere.
Result<std::string> find_program(std::string_view name);

}  // namespace modelport
