#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modelport {

/// The candidate with the smallest edit distance (Levenshtein) to `name`, if that is at most half its length; one that
/// begins with `name` counts as one edit away. Else "".
std::string nearest_name(std::string_view name, std::span<const std::string> candidates);

}  // namespace modelport
