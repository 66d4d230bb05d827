#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace modelport {

/// Bytes [first, last] of a representation, both included.
struct ByteRange {
  int64_t first = 0;
  int64_t last = 0;
  int64_t length() const { return last - first + 1; }
};

/// What a Range header asks of a representation of `size` bytes (RFC 9110, section 14). A header that is absent,
/// malformed, in another unit or with several ranges asks for the whole.
struct RangeAnswer {
  enum class Kind { kWhole, kPart, kUnsatisfiable } kind = Kind::kWhole;
  ByteRange range;
};
RangeAnswer requested_range(std::string_view header, int64_t size);

}  // namespace modelport
