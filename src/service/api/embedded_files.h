#pragma once

#include <span>
#include <string_view>

namespace modelport {

/// A file of the repository that the executable carries; embed_files.cmake writes the table.
struct EmbeddedFile {
  std::string_view name;   ///< "assets/main.js", "openapi/schemas.json"
  std::string_view route;  ///< "/assets/main.js"
  std::string_view text;
};

std::span<const EmbeddedFile> embedded_files();

/// The text of a file that is there.
inline std::string_view embedded_file(std::string_view name) {
  for (const EmbeddedFile& file : embedded_files()) {
    if (file.name == name) return file.text;
  }
  return "";
}

}  // namespace modelport
