#include "models/ultralytics/metadata_yaml.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/python_literal.h"

namespace modelport::ultralytics {

namespace {

constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Words that YAML 1.1 reads as a bool or as nothing.
bool is_reserved(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return is_letter(c) ? static_cast<char>(c | 0x20) : c; });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

/// 8.4.190: no number of YAML has two points.
bool is_version(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
  return digits && std::count(text.begin(), text.end(), '.') == 2 && is_digit(text.front()) && is_digit(text.back());
}

/// Text that stays a string without quotes, whatever YAML 1.1 reader takes it.
bool is_plain(std::string_view text) {
  if (text.empty()) return false;
  if (is_version(text)) return true;
  const auto safe = [](char c) {
    return is_letter(c) || is_digit(c) || std::string_view(" _./()+-:").find(c) != std::string_view::npos;
  };
  return is_letter(text.front()) && std::all_of(text.begin(), text.end(), safe) && text.back() != ' ' &&
         text.back() != ':' && text.find(": ") == std::string_view::npos && !is_reserved(text);
}

/// Control characters, and the characters beyond ASCII that YAML takes for line breaks or does not take at all.
bool needs_escapes(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
    return true;
  for (const std::string_view special : {"\xc2\x80", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xef\xbb\xbf"}) {
    if (text.find(special) != std::string_view::npos) return true;
  }
  return false;
}

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '"' || c == '\\') {
      out += fmt::format("\\{}", text[i]);
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\x{:02X}", c);
    } else if (text.substr(i).starts_with("\xc2\x80") || text.substr(i).starts_with("\xc2\x85")) {
      out += fmt::format("\\x{:02X}", static_cast<unsigned char>(text[++i]));
    } else if (text.substr(i).starts_with("\xe2\x80\xa8") || text.substr(i).starts_with("\xe2\x80\xa9")) {
      out += text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029";
      i += 2;
    } else if (text.substr(i).starts_with("\xef\xbb\xbf")) {
      out += "\\uFEFF";
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out + "\"";
}

std::string yaml_string(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  if (needs_escapes(text)) return double_quoted(text);
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? "''" : std::string(1, c);
  return out + "'";
}

/// A value behind "key:" or "-": " scalar", or a block on lines of its own. `indent` is that of the block's entries.
std::string block(const PythonLiteral& literal, size_t indent);

struct Printer {
  size_t indent;
  std::string operator()(PythonLiteral::None) const { return " null\n"; }
  std::string operator()(bool value) const { return value ? " true\n" : " false\n"; }
  std::string operator()(int64_t value) const { return fmt::format(" {}\n", value); }
  std::string operator()(const PythonLiteral::Float& value) const { return " " + value.text + "\n"; }
  std::string operator()(const std::string& value) const { return " " + yaml_string(value) + "\n"; }
  std::string operator()(const PythonLiteral::List& items) const {
    if (items.empty()) return " []\n";
    std::string out = "\n";
    for (const PythonLiteral& item : items) out += std::string(indent, ' ') + "-" + block(item, indent + 2);
    return out;
  }
  std::string operator()(const PythonLiteral::Dict& items) const {
    if (items.empty()) return " {}\n";
    std::string out = "\n";
    for (const auto& [key, value] : items) {
      std::string key_text = block(key, indent);
      key_text = key_text.substr(1, key_text.size() - 2);
      // A list below a key stands at the key's own indent, as PyYAML has it.
      const bool is_list = std::holds_alternative<PythonLiteral::List>(value.value);
      out += std::string(indent, ' ') + key_text + ":" + block(value, is_list ? indent : indent + 2);
    }
    return out;
  }
};

std::string block(const PythonLiteral& literal, size_t indent) { return std::visit(Printer{indent}, literal.value); }

/// Strings that look like a float or a quoted string are left alone: a version "8.4" is text.
bool is_structured(const PythonLiteral& literal) {
  return !std::holds_alternative<PythonLiteral::Float>(literal.value) &&
         !std::holds_alternative<std::string>(literal.value);
}

}  // namespace

std::string metadata_yaml(std::span<const std::pair<std::string, std::string>> entries) {
  if (entries.empty()) return "";
  PythonLiteral::Dict items;
  for (const auto& [key, text] : entries) {
    const auto literal = parse_python_literal(text);
    items.emplace_back(PythonLiteral{key},
                       literal && is_structured(*literal) ? *literal : PythonLiteral{std::string(text)});
  }
  return block({std::move(items)}, 0).substr(1);
}

}  // namespace modelport::ultralytics
