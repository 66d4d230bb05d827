#pragma once

#include <string>
#include <string_view>

namespace modelport {

/// HMAC-SHA256 (RFC 2104), as its 32 bytes.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// Two lower-case digits a byte.
std::string hexadecimal(std::string_view bytes);

}  // namespace modelport
