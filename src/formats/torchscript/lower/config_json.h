#pragma once

#include <span>
#include <string>
#include <utility>

namespace modelport::torchscript {

/// The entries as a JSON object in their order, as extra/config.txt holds them: a value that is Python's text of a
/// dict, list, tuple, number, bool or None becomes the JSON of that, with keys as text; any other stays a string. "{}"
/// for no entries.
std::string config_json(std::span<const std::pair<std::string, std::string>> entries);

}  // namespace modelport::torchscript
