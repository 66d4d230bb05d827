#include "convention/schema.h"

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
  while (results.popError(error)) violations.push_back({json_pointer(error.context), error.description});
  return violations;
}

}  // namespace modelport
