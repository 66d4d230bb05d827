#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace modelport {

/// A program that uses an artifact, as a file of the package.
struct Snippet {
  std::string_view name;      ///< "run_onnx.py"
  std::string_view language;  ///< "Python"
  std::string_view needs;     ///< What must be installed, as a command or a sentence.
  std::string_view usage;     ///< The command to run, from the unpacked folder.
  std::string_view text;
};

/// Those that fit the format and the task of this metadata; a helper file that others import has an empty `usage`.
std::vector<Snippet> snippets_for(const Json& metadata);

}  // namespace modelport
