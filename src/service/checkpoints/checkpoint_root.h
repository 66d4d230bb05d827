#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/descriptor.h"

namespace modelport {

/// A path beneath one of the roots, opened without following a link.
struct OpenedCheckpoint {
  Descriptor file;   ///< O_RDONLY
  std::string path;  ///< Absolute, without ".." or doubled slashes.
};

/// kInvalidArgument where the path is not absolute, holds "..", or lies under none of `roots`; kNotFound, kUnreadable,
/// kHostile (a link on the way).
Result<OpenedCheckpoint> open_under_roots(const std::vector<std::string>& roots, std::string_view path);

}  // namespace modelport
