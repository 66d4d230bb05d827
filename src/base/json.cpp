#include "base/json.h"

#include <set>
#include <string>
#include <vector>

namespace modelport {

namespace {

constexpr size_t kMaxDepth = 64;

/// Watches a parse: nlohmann calls it for every token and it remembers what the grammar alone does not refuse.
class Strictness {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed) {
    using Event = Json::parse_event_t;
    if (static_cast<size_t>(depth) > kMaxDepth) problem_ = "is nested deeper than 64 levels";
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::object_end && !keys_.empty()) keys_.pop_back();
    if (event == Event::key && !keys_.empty()) {
      const std::string key = parsed.get<std::string>();
      if (!keys_.back().insert(key).second) problem_ = fmt::format("has the key \"{}\" twice", key);
    }
    return true;
  }
  const std::string& problem() const { return problem_; }

 private:
  std::vector<std::set<std::string>> keys_;
  std::string problem_;
};

/// Nesting depth by brackets outside strings, so that the recursive parser is never entered too deep.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kMaxDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

}  // namespace

Result<Json> parse_json(std::string_view text, ErrorCode code, DuplicateKeys duplicates) {
  if (too_deep(text)) return fail(code, "JSON is nested deeper than {} levels", kMaxDepth);
  Strictness strictness;
  try {
    if (duplicates == DuplicateKeys::kLastWins) return Json(nlohmann::json::parse(text.begin(), text.end()));
    Json document = Json::parse(text.begin(), text.end(), std::ref(strictness));
    if (!strictness.problem().empty()) return fail(code, "JSON {}", strictness.problem());
    return document;
  } catch (const Json::exception& exception) {
    const auto* parse_error = dynamic_cast<const Json::parse_error*>(&exception);
    return fail(code, "not valid JSON at byte {}", parse_error != nullptr ? parse_error->byte : 0);
  }
}

std::string print_json(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace modelport
