#include "service/artifacts/object_key.h"

#include <cctype>

namespace modelport {

Status check_object_key(std::string_view key) {
  const Error refused = fail(ErrorCode::kInvalidArgument, "this is no key of an object");
  if (key.empty() || key.size() > 500 || key.back() == '/') return refused;
  char before = '/';
  for (const char c : key) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    if (!is_plain && c != '/') return refused;
    if (before == '/' && (c == '/' || c == '.')) return refused;
    before = c;
  }
  return {};
}

}  // namespace modelport
