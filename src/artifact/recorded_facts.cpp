#include <algorithm>
#include <charconv>
#include <map>

#include "artifact/header.h"

namespace modelport {

namespace {

constexpr size_t kMaxClasses = 65536;

/// Reads a dict or list of names as Python or JSON writes it: {0: 'person'}, {"0": "person"}, ["person"].
class NamesParser {
 public:
  explicit NamesParser(std::string_view text) : text_(text) {}

  std::optional<std::vector<std::string>> parse() {
    const bool is_dict = take('{');
    if (!is_dict && !take('[')) return std::nullopt;
    const char end = is_dict ? '}' : ']';
    std::map<int64_t, std::string> names;
    while (!take(end)) {
      auto number = is_dict ? key() : std::optional(static_cast<int64_t>(names.size()));
      auto name = number ? quoted() : std::nullopt;
      if (!name || names.size() >= kMaxClasses || !names.emplace(*number, *std::move(name)).second) return std::nullopt;
      if (!take(',') && peek() != end) return std::nullopt;
    }
    std::vector<std::string> ordered;
    for (auto& [number, name] : names) {
      if (number != static_cast<int64_t>(ordered.size())) return std::nullopt;
      ordered.push_back(std::move(name));
    }
    return ordered;
  }

 private:
  char peek() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    return at_ < text_.size() ? text_[at_] : '\0';
  }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::optional<int64_t> key() {
    std::optional<std::string> text;
    if (peek() == '\'' || peek() == '"') {
      text = quoted();
    } else {
      const size_t end = std::min(text_.find_first_not_of("0123456789", at_), text_.size());
      text = std::string(text_.substr(at_, end - at_));
      at_ = end;
    }
    int64_t number = 0;
    if (!text || !take(':')) return std::nullopt;
    const auto [end, failed] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (failed != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return number;
  }
  std::optional<std::string> quoted() {
    const char quote = peek();
    if (quote != '\'' && quote != '"') return std::nullopt;
    std::string content;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return content;
      }
      if (text_[at_] == '\\') {
        ++at_;
        // Other escapes are not worth a wrong verdict.
        if (at_ >= text_.size() || std::string_view("\\'\"").find(text_[at_]) == std::string_view::npos)
          return std::nullopt;
      }
      content += text_[at_];
    }
    return std::nullopt;
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t begin = 0; begin < text.size() && words.size() < kMaxClasses;) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.emplace_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

}  // namespace

std::string_view ArtifactHeader::fact(std::string_view name) const {
  const auto found = std::ranges::find(facts, name, &std::pair<std::string, std::string>::first);
  return found == facts.end() ? std::string_view() : found->second;
}

bool RecordedClasses::agree_with(const std::vector<std::string>& other) const {
  return std::ranges::equal(names, other, [&](const std::string& recorded, std::string given) {
    if (spelling == Spelling::kUnderscores) std::ranges::replace(given, ' ', '_');
    return recorded == given;
  });
}

std::optional<RecordedClasses> recorded_classes(const ArtifactHeader& header) {
  if (const auto names = NamesParser(header.fact("names")).parse(); names && !names->empty())
    return RecordedClasses{*names, RecordedClasses::Spelling::kExact};
  if (auto labels = words_of(header.fact("labels")); !labels.empty())
    return RecordedClasses{std::move(labels), RecordedClasses::Spelling::kUnderscores};
  return std::nullopt;
}

std::string recorded_task(const ArtifactHeader& header) { return std::string(header.fact("task")); }

}  // namespace modelport
