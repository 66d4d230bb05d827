#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// A JSON document whose objects keep their order, so that output is deterministic and readable.
using Json = nlohmann::ordered_json;

/// What a key that an object has twice means.
enum class DuplicateKeys { kRefused, kLastWins };

/// Parses `text`; refuses duplicate keys, trailing bytes, invalid UTF-8 and nesting beyond 64 levels. The error (code
/// `code`) names the byte offset.
Result<Json> parse_json(std::string_view text, ErrorCode code, DuplicateKeys duplicates = DuplicateKeys::kRefused);

/// The document as text, two spaces a level and a final newline; bytes that are not UTF-8 become U+FFFD.
std::string print_json(const Json& document);

}  // namespace modelport
