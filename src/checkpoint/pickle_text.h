#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modelport {

/// Whether the bytes are UTF-8; surrogates pass, as Python's pickle writes them.
bool is_pickle_utf8(std::string_view bytes);

/// The UTF-8 of Latin-1 text.
std::string utf8_from_latin1(std::string_view latin1);

/// The Latin-1 bytes of UTF-8 text; nothing when a character is beyond U+00FF.
std::optional<std::string> latin1_from_utf8(std::string_view utf8);

/// Decodes the raw-unicode-escape text of protocol 0 (`\uXXXX`, else Latin-1) to UTF-8.
std::optional<std::string> decode_raw_unicode_escape(std::string_view line);

/// Decodes the quoted string of protocol 0, as Python's repr writes it (`'a\n\x41'`), to its bytes.
std::optional<std::string> decode_quoted_string(std::string_view line);

}  // namespace modelport
