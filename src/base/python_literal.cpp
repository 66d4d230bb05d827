#include "base/python_literal.h"

#include <charconv>

#include "base/work_count.h"

namespace modelport {

namespace {

constexpr int kMaxDepth = 32;

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<PythonLiteral> whole() {
    auto value = any(0);
    skip_spaces();
    return rest_.empty() ? value : std::nullopt;
  }

 private:
  void skip_spaces() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n')) {
      count_work();
      rest_.remove_prefix(1);
    }
  }

  bool take(std::string_view word) {
    count_work();
    skip_spaces();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::optional<PythonLiteral> any(int depth) {
    if (depth > kMaxDepth) return std::nullopt;
    if (take("None")) return PythonLiteral{PythonLiteral::None()};
    if (take("True")) return PythonLiteral{true};
    if (take("False")) return PythonLiteral{false};
    if (take("[")) return list("]", depth);
    if (take("(")) return list(")", depth);
    if (take("{")) return dict(depth);
    if (!rest_.empty() && (rest_.front() == '\'' || rest_.front() == '"')) return string();
    return number();
  }

  std::optional<PythonLiteral> list(std::string_view close, int depth) {
    PythonLiteral::List items;
    while (!take(close)) {
      auto item = any(depth + 1);
      if (!item) return std::nullopt;
      items.push_back(*std::move(item));
      if (take(",")) continue;
      if (!take(close)) return std::nullopt;
      break;
    }
    return PythonLiteral{std::move(items)};
  }

  std::optional<PythonLiteral> dict(int depth) {
    PythonLiteral::Dict items;
    while (!take("}")) {
      auto key = any(depth + 1);
      if (!key || !take(":")) return std::nullopt;
      auto value = any(depth + 1);
      if (!value) return std::nullopt;
      items.emplace_back(*std::move(key), *std::move(value));
      if (take(",")) continue;
      if (!take("}")) return std::nullopt;
      break;
    }
    return PythonLiteral{std::move(items)};
  }

  std::optional<PythonLiteral> string() {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string out;
    while (!rest_.empty() && rest_.front() != quote) {
      const char c = rest_.front();
      count_work();
      rest_.remove_prefix(1);
      if (c != '\\') {
        out += c;
        continue;
      }
      if (!escape(out)) return std::nullopt;
    }
    if (rest_.empty()) return std::nullopt;
    rest_.remove_prefix(1);
    return PythonLiteral{std::move(out)};
  }

  /// What stands behind a backslash: those escapes that repr() writes for text.
  bool escape(std::string& out) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    constexpr std::string_view kNames = "\\'\"ntr", kMeanings = "\\'\"\n\t\r";
    if (const size_t at = kNames.find(c); at != std::string_view::npos) {
      out += kMeanings[at];
      return true;
    }
    int code = 0;
    if (c != 'x' || rest_.size() < 2) return false;
    const auto parsed = std::from_chars(rest_.data(), rest_.data() + 2, code, 16);
    if (parsed.ptr != rest_.data() + 2 || code >= 0x80) return false;
    out += static_cast<char>(code);
    rest_.remove_prefix(2);
    return true;
  }

  std::optional<PythonLiteral> number() {
    size_t length = 0;
    while (length < rest_.size() && std::string_view("0123456789+-.e").find(rest_[length]) != std::string_view::npos)
      ++length;
    count_work(length);
    const std::string_view digits = rest_.substr(0, length);
    int64_t integer = 0;
    double real = 0;
    const char* end = digits.data() + digits.size();
    const bool is_integer = length > 0 && std::from_chars(digits.data(), end, integer).ptr == end;
    const bool is_real = length > 0 && std::from_chars(digits.data(), end, real).ptr == end;
    if (!is_integer && !is_real) return std::nullopt;
    rest_.remove_prefix(length);
    if (is_integer) return PythonLiteral{integer};
    return PythonLiteral{PythonLiteral::Float{std::string(digits)}};
  }

  std::string_view rest_;
};

}  // namespace

std::optional<PythonLiteral> parse_python_literal(std::string_view text) { return Parser(text).whole(); }

}  // namespace modelport
