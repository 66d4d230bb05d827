#pragma once

#include <string_view>

#include "base/result.h"

namespace modelport {

/// kHostile unless a member of an archive may become a file of this name: relative, no part empty, "." or "..", no
/// backslash, no control character, UTF-8, at most 32 parts of at most 255 bytes.
Status check_member_name(std::string_view name);

}  // namespace modelport
