#include "weights/name_pattern.h"

namespace modelport {

bool matches_pattern(std::string_view pattern, std::string_view text) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return pattern == text;
  if (!text.starts_with(pattern.substr(0, star))) return false;
  const std::string_view rest = pattern.substr(star + 1);
  for (size_t i = star; i <= text.size(); ++i) {
    if (matches_pattern(rest, text.substr(i))) return true;
  }
  return false;
}

}  // namespace modelport
