#pragma once

#include <span>
#include <string>
#include <utility>

namespace modelport::ultralytics {

/// The entries as a YAML mapping in their order, as the framework writes metadata.yaml (ultralytics/utils, YAML.save)
/// and reads it back. A value that is Python's text of a dict, list, tuple, integer, bool or None becomes the YAML of
/// that; any other stays a string, quoted where plain YAML would be something else. "" for no entries.
std::string metadata_yaml(std::span<const std::pair<std::string, std::string>> entries);

}  // namespace modelport::ultralytics
