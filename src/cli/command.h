#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// One subcommand of `modelport`: a row of the table in main.cpp.
struct Command {
  std::string_view name;
  /// One line for `modelport --help`.
  std::string_view description;
  /// Runs with the arguments after the name and gives the exit code; an error is logged and mapped to its own.
  Result<int> (*run)(std::span<const std::string> arguments);
};

}  // namespace modelport
