#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace modelport {

/// What Python's literal syntax can say, as far as frameworks write it into metadata.
struct PythonLiteral {
  struct None {};
  /// Digits as they were written, so that nothing is rounded.
  struct Float {
    std::string text;
  };
  using List = std::vector<PythonLiteral>;
  struct Entry;
  using Dict = std::vector<Entry>;
  std::variant<None, bool, int64_t, Float, std::string, List, Dict> value;
};

struct PythonLiteral::Entry {
  PythonLiteral key, value;
};

/// The literal that the text is; tuples become lists. Nothing for any other text, and beyond 32 levels.
std::optional<PythonLiteral> parse_python_literal(std::string_view text);

}  // namespace modelport
