#include "base/json.h"

#include <set>
#include <string>
#include <vector>

#include "base/work_count.h"

namespace modelport {

namespace {

constexpr size_t kMaxDepth = 64;

/// Builds the document token by token. Keys are appended to their object as they come: the library's own way into an
/// object that keeps its order compares each key with all before it, and a million keys of an attacker take hours.
class DocumentBuilder : public nlohmann::json_sax<Json> {
 public:
  explicit DocumentBuilder(Json& document) : document_(document) {}

  bool null() override { return place(nullptr) != nullptr; }
  bool boolean(bool value) override { return place(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return place(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return place(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override { return place(value) != nullptr; }
  bool string(string_t& value) override { return place(std::move(value)) != nullptr; }
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override {
    open_.push_back({place(Json::object()), {}});
    return true;
  }
  bool key(string_t& name) override {
    if (!open_.back().keys.insert(name).second && problem_.empty())
      problem_ = fmt::format("has the key \"{}\" twice", name);
    key_ = std::move(name);
    return true;
  }
  bool end_object() override { return close(); }
  bool start_array(size_t) override {
    open_.push_back({place(Json::array()), {}});
    return true;
  }
  bool end_array() override { return close(); }

  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception&) override {
    error_byte_ = byte;
    return false;
  }

  /// What the grammar alone does not refuse.
  const std::string& problem() const { return problem_; }
  size_t error_byte() const { return error_byte_; }

 private:
  struct Open {
    Json* container;
    std::set<std::string, CountedOrder> keys;
  };

  Json* place(Json value) {
    count_work();
    if (open_.empty()) {
      document_ = std::move(value);
      return &document_;
    }
    Json& container = *open_.back().container;
    if (container.is_array()) {
      auto& elements = container.get_ref<Json::array_t&>();
      elements.push_back(std::move(value));
      return &elements.back();
    }
    auto& members = container.get_ref<Json::object_t&>();
    members.push_back({std::move(key_), std::move(value)});
    return &members.back().second;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Json& document_;
  std::vector<Open> open_;
  std::string key_;
  std::string problem_;
  size_t error_byte_ = 0;
};

/// Nesting depth by brackets outside strings, so that the recursive parser is never entered too deep.
bool too_deep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  count_work(text.size());
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
  try {
    if (duplicates == DuplicateKeys::kLastWins) return Json(nlohmann::json::parse(text.begin(), text.end()));
  } catch (const Json::exception& exception) {
    const auto* parse_error = dynamic_cast<const Json::parse_error*>(&exception);
    return fail(code, "not valid JSON at byte {}", parse_error != nullptr ? parse_error->byte : 0);
  }
  Json document;
  DocumentBuilder builder(document);
  if (!Json::sax_parse(text.begin(), text.end(), &builder))
    return fail(code, "not valid JSON at byte {}", builder.error_byte());
  if (!builder.problem().empty()) return fail(code, "JSON {}", builder.problem());
  return document;
}

std::string print_json(const Json& document) {
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace modelport
