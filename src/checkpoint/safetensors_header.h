#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace modelport {

/// One tensor of a safetensors header, as written.
struct SafetensorsEntry {
  std::string name;
  std::optional<std::string> dtype;
  std::optional<std::vector<uint64_t>> shape;
  std::optional<std::vector<uint64_t>> data_offsets;
};

struct SafetensorsHeader {
  std::vector<SafetensorsEntry> entries;
  std::map<std::string, std::string> metadata;
};

/// Parses the JSON header as events, without a document in memory: a header may have 100 MB. Refuses with kDamaged,
/// naming the byte, whatever is not an object of entries with exactly dtype, shape and data_offsets, and keys that
/// occur twice.
Result<SafetensorsHeader> parse_safetensors_header(std::string_view text);

}  // namespace modelport
