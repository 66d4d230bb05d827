#include "service/http/target.h"

#include <algorithm>

#include "base/printable.h"

namespace modelport {

namespace {

constexpr size_t kMaxSegments = 32;
constexpr size_t kMaxParameters = 64;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Valid UTF-8 without control characters: `printable` leaves exactly that alone.
bool is_plain_text(std::string_view text) { return printable(text) == text; }

std::optional<std::string> query_decoded(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decoded(spaced);
}

Error broken(std::string_view what, std::string_view text) {
  return fail(ErrorCode::kInvalidArgument, "the {} {} of the address is not valid", what,
              printable(text.substr(0, 200)));
}

Status read_segments(std::string_view path, RequestTarget& target) {
  for (size_t start = 1;;) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view raw = path.substr(start, end - start);
    auto segment = percent_decoded(raw);
    if (!segment || !is_plain_text(*segment) || *segment == "." || *segment == ".." ||
        target.segments.size() == kMaxSegments)
      return broken("part", raw);
    target.segments.push_back(*std::move(segment));
    if (end == path.size()) return {};
    start = end + 1;
  }
}

Status read_query(std::string_view query, RequestTarget& target) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    auto name = query_decoded(pair.substr(0, equals));
    auto value = query_decoded(pair.substr(std::min(equals + 1, pair.size())));
    if (!name || !value || !is_plain_text(*name) || !is_plain_text(*value) || target.query.size() == kMaxParameters)
      return broken("parameter", pair);
    target.query.emplace_back(*std::move(name), *std::move(value));
  }
  return {};
}

}  // namespace

std::optional<std::string_view> RequestTarget::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &std::pair<std::string, std::string>::first);
  if (found == query.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

Result<RequestTarget> parse_target(std::string_view text) {
  if (text.empty() || text[0] != '/') return broken("form", text);
  const size_t question = std::min(text.find('?'), text.size());
  RequestTarget target;
  target.path = std::string(text.substr(0, question));
  if (target.path.find('#') != std::string::npos) return broken("form", text);
  CHECK_OK(read_segments(target.path, target));
  CHECK_OK(read_query(text.substr(std::min(question + 1, text.size())), target));
  return target;
}

}  // namespace modelport
