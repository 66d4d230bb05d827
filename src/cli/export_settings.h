#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "cli/trainers.h"

namespace modelport {

/// export_config of each format: an object, empty where nothing is set.
using FormatConfigs = std::map<std::string, Json>;

/// Distributes `--set` texts over formats: `key=value` reaches every format whose schema in the capabilities has the
/// key, `onnx.key=value` that format alone. Values are JSON where they parse as such, else text. kInvalidArgument for a
/// key that none of the formats takes (the nearest is named), a format that is not asked for, or a text without '='.
/// Where the exporter tells no schema, every key is passed on.
Result<FormatConfigs> distribute_settings(const Exporter& exporter, std::span<const std::string> formats,
                                          std::span<const std::string> settings);

/// The --export_config of one run for several formats: what they share where they all have the same, else an object for
/// each format under its name. "" where nothing is set.
std::string shared_config(const FormatConfigs& configs, std::span<const std::string> formats);

}  // namespace modelport
