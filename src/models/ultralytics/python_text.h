#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modelport::ultralytics {

/// A string as Python's repr() spells it, in single quotes unless it holds only those. ast.literal_eval reads it back.
/// UTF-8 stays as it is.
std::string python_repr(std::string_view text);

/// {0: 'cat', 1: 'dog'}.
std::string python_dict_of_names(std::span<const std::string> names);

/// True or False.
std::string_view python_bool(bool value);

}  // namespace modelport::ultralytics
