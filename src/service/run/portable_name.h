#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// The name as file systems compare it that know no case: ASCII in lower case, the rest as it is.
std::string folded_name(std::string_view name);

/// Names that mean one file each wherever they are unpacked, Windows among it.
class PortableNames {
 public:
  /// kHostile for a name with slashes inside that Windows reads otherwise (a drive, a backslash, "aux.onnx", a dot or
  /// space at the end of a part, one of <>:"|?*) and for one that differs from an earlier one by case alone.
  Status add(const std::string& name);

 private:
  std::map<std::string, std::string> by_folded_name_;
};

}  // namespace modelport
