#pragma once

#include <string_view>
#include <vector>

namespace modelport {

/// The text without spaces at both ends.
std::string_view trimmed(std::string_view text);

/// Parts between commas that lie outside (), [] and {}, trimmed; nothing for blank text.
std::vector<std::string_view> split_list(std::string_view text);

}  // namespace modelport
