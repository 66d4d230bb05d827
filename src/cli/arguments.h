#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// An option of a subcommand.
struct Option {
  std::string_view name;  ///< "--image"
  enum class Takes { kNothing, kOne, kMany } takes;
};

/// What was given: options in their order, and the rest.
struct GivenArguments {
  struct Given {
    std::string_view name;
    std::string value;
  };
  std::vector<Given> options;
  std::vector<std::string> positional;

  bool has(std::string_view name) const;
  /// The last value, "" where the option was not given.
  std::string value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;
};

/// Reads `--name value`, `--name=value` and what stands alone; an option that takes many takes every argument up to the
/// next one that starts with '-'. kInvalidArgument names what is unknown (with the nearest), lacks its value, or is
/// given twice.
Result<GivenArguments> read_arguments(std::string_view command, std::span<const std::string> arguments,
                                      std::span<const Option> options);

/// A number from 0 to 1; kInvalidArgument names the option.
Result<double> fraction_from(std::string_view option, const std::string& text);

}  // namespace modelport
