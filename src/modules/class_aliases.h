#pragma once

#include <functional>
#include <map>
#include <string>

namespace modelport {

/// Names of classes that are read as others, both as canonical_class_name() gives them: "nn.modules.esp_head.ESPDetect"
/// -> "ultralytics.nn.modules.head.Detect". No value is a key.
using ClassAliases = std::map<std::string, std::string, std::less<>>;

}  // namespace modelport
