#pragma once

#include <string_view>

#include "base/result.h"

namespace modelport {

/// kInvalidArgument unless the key is parts of [A-Za-z0-9._-] between slashes, none of which begins with a dot, and at
/// most 500 characters: what every file system and S3 take without any encoding.
Status check_object_key(std::string_view key);

}  // namespace modelport
