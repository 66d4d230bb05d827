#pragma once

#include <string>
#include <string_view>

namespace modelport {

/// `text` as one line that any terminal, log and UTF-8 decoder takes: control characters and bytes that are not UTF-8
/// (RFC 3629: no surrogates, no overlong forms) become `\x1b`; line breaks become spaces. Names from a checkpoint
/// are anybody's text.
std::string printable(std::string_view text);

/// Whether all of `text` is UTF-8.
bool is_utf8(std::string_view text);

}  // namespace modelport
