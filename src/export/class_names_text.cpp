#include <algorithm>
#include <optional>
#include <vector>

#include "export/class_names.h"

namespace modelport {

namespace {

constexpr std::string_view kSpace = " \t\r";
constexpr std::string_view kKey = "names";

Error unreadable(std::string_view what) { return fail(ErrorCode::kInvalidArgument, "{}", what); }

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

/// Reads scalars, flow lists and flow maps of YAML from the front of a text.
class Flow {
 public:
  explicit Flow(std::string_view text) : rest_(text) {}

  Result<Json> list_or_map() {
    const bool is_list = rest_.starts_with('[');
    const char close = is_list ? ']' : '}';
    rest_.remove_prefix(1);
    Json out = is_list ? Json::array() : Json::object();
    while (true) {
      skip_space();
      if (rest_.empty()) return unreadable(fmt::format("a {} does not end", is_list ? "list" : "map"));
      if (rest_.front() == close) return out;
      TRY(item, scalar(is_list ? ",]" : ":,}"));
      if (is_list) {
        out.push_back(std::move(item));
      } else {
        skip_space();
        if (!rest_.starts_with(':')) return unreadable(fmt::format("\"{}\" has no name", item));
        rest_.remove_prefix(1);
        TRY(name, scalar(",}"));
        if (out.contains(item)) return unreadable(fmt::format("class {} is there twice", item));
        out[item] = std::move(name);
      }
      skip_space();
      if (rest_.starts_with(',')) rest_.remove_prefix(1);
    }
  }

  /// A scalar up to one of `ends`, which stays.
  Result<std::string> scalar(std::string_view ends) {
    skip_space();
    if (rest_.starts_with('\'') || rest_.starts_with('"')) return quoted();
    const size_t end = std::min(rest_.find_first_of(ends), rest_.size());
    const std::string_view text = trimmed(rest_.substr(0, end));
    rest_.remove_prefix(end);
    if (text.empty()) return unreadable("a name is empty");
    return std::string(text);
  }

  void skip_space() {
    const size_t begin = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(begin, rest_.size()));
  }

 private:
  Result<std::string> quoted() {
    const char quote = rest_.front();
    std::string out;
    for (size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\' && quote == '"' && i + 1 < rest_.size()) {
        const char next = rest_[++i];
        out += next == 'n' ? '\n' : next == 't' ? '\t' : next;
      } else if (rest_[i] != quote) {
        out += rest_[i];
      } else if (quote == '\'' && rest_.substr(i + 1).starts_with('\'')) {
        out += rest_[i++];
      } else {
        rest_.remove_prefix(i + 1);
        return out;
      }
    }
    return unreadable("a quoted name does not end");
  }

  std::string_view rest_;
};

/// The line without a comment; '#' begins one behind white space only, and not within quotes.
std::string_view without_comment(std::string_view line) {
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quote != 0) {
      if (line[i] == quote) quote = 0;
    } else if ((line[i] == '"' || line[i] == '\'') && (i == 0 || kSpace.find(line[i - 1]) != std::string_view::npos)) {
      quote = line[i];
    } else if (line[i] == '#' && (i == 0 || kSpace.find(line[i - 1]) != std::string_view::npos)) {
      return line.substr(0, i);
    }
  }
  return line;
}

/// Items "- name" or "0: name", one a line, up to the first line of something else. Nothing when there is none.
Result<std::optional<Json>> block(std::span<const std::string_view> lines) {
  std::optional<Json> out;
  for (const std::string_view line : lines) {
    const std::string_view content = trimmed(without_comment(line));
    if (content.empty() || content == "---") continue;
    const bool is_item = content.starts_with("- ");
    const size_t digits = std::min(content.find_first_not_of("0123456789"), content.size());
    const bool is_entry = digits > 0 && content.substr(digits).starts_with(':');
    if (!is_item && !is_entry) break;
    if (!out) out = is_item ? Json::array() : Json::object();
    if (is_item != out->is_array()) break;
    Flow flow(content.substr(is_item ? 2 : digits + 1));
    TRY(name, flow.scalar(""));
    const std::string key(content.substr(0, digits));
    if (is_item) {
      out->push_back(std::move(name));
    } else if (out->contains(key)) {
      return unreadable(fmt::format("class {} is there twice", key));
    } else {
      (*out)[key] = std::move(name);
    }
  }
  return out;
}

/// What stands under the key `names` at the left margin.
Result<std::optional<Json>> under_key(std::string_view text, std::span<const std::string_view> lines) {
  for (size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].starts_with(kKey)) continue;
    const std::string_view behind = trimmed(without_comment(lines[i].substr(kKey.size())));
    if (!behind.starts_with(':')) continue;
    if (trimmed(behind.substr(1)).empty()) return block(lines.subspan(i + 1));
    Flow flow(text.substr(static_cast<size_t>(lines[i].data() - text.data()) + lines[i].find(':') + 1));
    flow.skip_space();
    if (!trimmed(behind.substr(1)).starts_with('[') && !trimmed(behind.substr(1)).starts_with('{'))
      return unreadable("names is neither a list nor a map");
    TRY(names, flow.list_or_map());
    return std::optional(std::move(names));
  }
  return std::optional<Json>();
}

}  // namespace

Result<Json> class_names_in_text(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  const std::string_view content = trimmed(text);
  if (content.starts_with('{') || content.starts_with('[')) {
    const auto json = parse_json(content, ErrorCode::kInvalidArgument);
    if (json && json->is_object() && json->contains(kKey)) {
      const Json& names = json->at(kKey);
      if (!names.is_structured()) return unreadable("names is neither a list nor a map");
      return names;
    }
    if (json) return *json;
    return Flow(content).list_or_map();
  }
  const std::vector<std::string_view> lines = lines_of(text);
  TRY(named, under_key(text, lines));
  if (named) return *named;
  TRY(items, block(lines));
  size_t filled = 0;
  Json plain = Json::array();
  for (const std::string_view line : lines) {
    const std::string_view name = trimmed(line);
    if (name.empty()) continue;
    plain.push_back(std::string(name));
    if (!trimmed(without_comment(line)).empty() && name != "---") ++filled;
  }
  // Names a line may begin with anything; only where every line is an item, these are items.
  return items && items->size() == filled ? *items : plain;
}

}  // namespace modelport
