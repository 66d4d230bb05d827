#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace modelport {

/// The target of a request, taken apart (RFC 9112, section 3.2.1: origin-form).
struct RequestTarget {
  std::string path;                   ///< As sent, without the query: for the log and for `instance`.
  std::vector<std::string> segments;  ///< Between the slashes, decoded.
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of a query parameter; nothing where it was not given.
  std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Takes "/a/b?c=d" apart. kInvalidArgument for another form, a broken or NUL escape, text that is not UTF-8, a segment
/// that is "." or ".." or holds a slash once it is decoded, more than 32 segments or 64 parameters. In the query "+" is
/// a space.
Result<RequestTarget> parse_target(std::string_view text);

/// %41 -> A. Nothing for an escape that is not two hexadecimal digits, or that is %00.
std::optional<std::string> percent_decoded(std::string_view text);

/// Everything but letters, digits and "-._~" as %XX.
std::string percent_encoded(std::string_view text);

}  // namespace modelport
