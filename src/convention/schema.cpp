#include "convention/schema.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace modelport {

namespace {

/// valijson spells a path "<root>[a][0]".
std::string json_pointer(const std::vector<std::string>& context) {
  std::string pointer;
  for (size_t i = 1; i < context.size(); ++i) {
    const std::string& part = context[i];
    pointer += "/" + (part.size() > 2 && part.front() == '[' ? part.substr(1, part.size() - 2) : part);
  }
  return pointer;
}

/// The schema's part that a value at this path is held to, as far as properties and items lead there; null otherwise.
const nlohmann::json* part_for(const nlohmann::json& schema, const std::string& pointer) {
  const nlohmann::json* part = &schema;
  const auto follow_reference = [&] {
    if (part->is_object() && part->contains("$ref"))
      part = &schema.at(nlohmann::json::json_pointer((*part)["$ref"].get<std::string>().substr(1)));
  };
  for (size_t begin = 1; begin < pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    const std::string name = pointer.substr(begin, end - begin);
    begin = end + 1;
    if (part->contains("properties") && (*part)["properties"].contains(name)) {
      part = &(*part)["properties"][name];
    } else if (part->contains("items")) {
      part = &(*part)["items"];
    } else {
      return nullptr;
    }
    follow_reference();
  }
  return part;
}

struct TypeWords {
  std::string_view type, words;
};
constexpr TypeWords kTypeWords[] = {{"string", "a text"},   {"integer", "a whole number"},
                                    {"number", "a number"}, {"boolean", "true or false"},
                                    {"array", "a list"},    {"object", "an object"}};

bool has_type(const nlohmann::json& value, std::string_view type) {
  if (type == "integer") return value.is_number_integer();
  return type == value.type_name();
}

/// What the schema takes in place of a value of another type or none of its words; empty where that is not the trouble.
std::string taken_instead(const nlohmann::json& part, const nlohmann::json& value) {
  if (part.contains("enum") && std::ranges::find(part["enum"], value) == part["enum"].end()) {
    std::string words;
    for (const nlohmann::json& word : part["enum"]) words += (words.empty() ? "" : ", ") + word.dump();
    return "it takes one of " + words;
  }
  if (!part.contains("type") || !part["type"].is_string() || has_type(value, part["type"].get<std::string>()))
    return "";
  const auto row = std::ranges::find(kTypeWords, part["type"].get<std::string>(), &TypeWords::type);
  return row == std::end(kTypeWords) ? "" : fmt::format("it takes {}", row->words);
}

std::string problem_at(const nlohmann::json& schema, const nlohmann::json& document, const std::string& pointer,
                       const std::string& description) {
  const nlohmann::json* part = part_for(schema, pointer);
  const nlohmann::json::json_pointer at(pointer);
  if (part == nullptr || !document.contains(at)) return description;
  const std::string text = taken_instead(*part, document[at]);
  return text.empty() ? description : text;
}

}  // namespace

std::vector<SchemaViolation> check_against_schema(std::string_view schema_text, const Json& document) {
  using Adapter = valijson::adapters::NlohmannJsonAdapter;
  const nlohmann::json schema_document = nlohmann::json::parse(schema_text);
  const nlohmann::json target = nlohmann::json::parse(document.dump(-1, ' ', false, Json::error_handler_t::replace));
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(Adapter(schema_document), schema);
  valijson::Validator validator;
  valijson::ValidationResults results;
  std::vector<SchemaViolation> violations;
  if (validator.validate(schema, Adapter(target), &results)) return violations;
  valijson::ValidationResults::Error error;
  while (results.popError(error)) {
    const std::string pointer = json_pointer(error.context);
    violations.push_back({pointer, problem_at(schema_document, target, pointer, error.description)});
  }
  return violations;
}

}  // namespace modelport
