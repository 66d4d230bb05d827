#pragma once

#include <string_view>

namespace modelport {

/// Whether `text` is what `pattern` says; each '*' stands for any characters, dots too.
bool matches_pattern(std::string_view pattern, std::string_view text);

}  // namespace modelport
