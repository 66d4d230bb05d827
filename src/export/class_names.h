#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace modelport {

/// The option class_names: a list of names, an object from class number to name, or the path of a file of either.
/// kInvalidArgument for anything else, for numbers that are not 0, 1, 2 ... and for an empty list.
Result<std::vector<std::string>> class_names_option(const Json& value);

/// The names in a file's text: JSON or YAML with a list or a map from class number to name, alone or under the key
/// `names` (as data.yaml has it); else one name a line. Of YAML: block and flow lists and maps of plain and quoted
/// scalars. The result is a JSON list or object.
Result<Json> class_names_in_text(std::string_view text);

}  // namespace modelport
