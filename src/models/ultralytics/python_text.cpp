#include "models/ultralytics/python_text.h"

#include <fmt/format.h>

namespace modelport::ultralytics {

std::string python_repr(std::string_view text) {
  const bool has_single = text.find('\'') != std::string_view::npos;
  const bool has_double = text.find('"') != std::string_view::npos;
  const char quote = has_single && !has_double ? '"' : '\'';
  std::string out(1, quote);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      if (c == quote || c == '\\') out += '\\';
      out += c;
    }
  }
  return out + quote;
}

std::string python_dict_of_names(std::span<const std::string> names) {
  std::string out = "{";
  for (size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("{}{}: {}", i == 0 ? "" : ", ", i, python_repr(names[i]));
  }
  return out + "}";
}

std::string_view python_bool(bool value) { return value ? "True" : "False"; }

}  // namespace modelport::ultralytics
