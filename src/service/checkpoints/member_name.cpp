#include "service/checkpoints/member_name.h"

#include <algorithm>

#include "base/printable.h"

namespace modelport {

Status check_member_name(std::string_view name) {
  const std::string shown = printable(name);
  if (name.empty() || name.front() == '/')
    return fail(ErrorCode::kHostile, "member \"{}\" has no relative name", shown);
  if (shown != name || name.find('\\') != std::string_view::npos)
    return fail(ErrorCode::kHostile, "the name of member \"{}\" holds characters that no file needs", shown);
  int parts = 0;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..")
      return fail(ErrorCode::kHostile, "member \"{}\" would lie outside of its directory", shown);
    if (part.size() > 255 || ++parts > 32)
      return fail(ErrorCode::kHostile, "the name of member \"{}\" is too long", shown);
    begin = end + 1;
  }
  return {};
}

}  // namespace modelport
