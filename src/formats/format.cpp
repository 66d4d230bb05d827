#include "formats/format.h"

namespace modelport {

std::string companion_path(const std::string& path, std::string_view first_file, std::string_view file) {
  const std::string_view before =
      path.ends_with(first_file) ? std::string_view(path).substr(0, path.size() - first_file.size()) : "";
  return std::string(before) + std::string(file);
}

}  // namespace modelport
