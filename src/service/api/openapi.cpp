#include "service/api/openapi.h"

#include "service/api/embedded_files.h"
#include "service/http/ascii.h"

namespace modelport {

namespace {

Json schema_reference(std::string_view name) { return {{"$ref", fmt::format("#/components/schemas/{}", name)}}; }

Json parameter_schema(const Parameter& parameter) {
  switch (parameter.type) {
    case Parameter::Type::kFlag:
      return {{"type", "boolean"}};
    case Parameter::Type::kInteger: {
      Json schema = {{"type", "integer"}, {"minimum", parameter.minimum}};
      if (parameter.maximum != INT64_MAX) schema["maximum"] = parameter.maximum;
      return schema;
    }
    case Parameter::Type::kText:
      break;
  }
  Json schema = {{"type", "string"}};
  if (!parameter.values.empty()) schema["enum"] = parameter.values;
  return schema;
}

Json parameters_of(const Route& route) {
  Json list = Json::array();
  for (const std::string_view segment : path_segments(route.path)) {
    if (!segment.starts_with('{')) continue;
    Json schema = {{"type", "string"}, {"minLength", 1}};
    if (segment == "{id}") schema["pattern"] = "^[A-Za-z0-9_-]{1,128}$";
    list.push_back({{"name", segment.substr(1, segment.size() - 2)},
                    {"in", "path"},
                    {"required", true},
                    {"schema", std::move(schema)}});
  }
  for (const Parameter& parameter : route.parameters) {
    list.push_back({{"name", parameter.name},
                    {"in", parameter.in == Parameter::In::kQuery ? "query" : "header"},
                    {"description", parameter.description},
                    {"schema", parameter_schema(parameter)}});
  }
  return list;
}

Json responses_of(const Route& route) {
  Json responses = Json::object();
  for (const Answer& answer : route.answers) {
    Json& response = responses[std::to_string(answer.status)];
    if (!response.contains("description")) response["description"] = answer.description;
    if (answer.status == 204 || answer.status == 304 || answer.status == 307) continue;
    Json content = Json::object();
    if (!answer.schema.empty()) content["schema"] = schema_reference(answer.schema);
    response["content"][std::string(answer.media_type)] = std::move(content);
  }
  responses["default"] = {{"description", "What was wrong (RFC 9457)."},
                          {"content", {{"application/problem+json", {{"schema", schema_reference("Problem")}}}}}};
  return responses;
}

Json operation_of(const Route& route) {
  Json operation = {{"operationId", route.operation}, {"summary", route.summary}};
  Json parameters = parameters_of(route);
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!route.request_schema.empty()) {
    operation["requestBody"] = {
        {"required", true}, {"content", {{"application/json", {{"schema", schema_reference(route.request_schema)}}}}}};
  } else if (route.open) {
    operation["requestBody"] = {{"required", true}, {"content", {{"application/octet-stream", Json::object()}}}};
  }
  operation["responses"] = responses_of(route);
  if (route.access == Route::Access::kOpen) operation["security"] = Json::array();
  return operation;
}

}  // namespace

Json openapi_document(std::span<const Route> routes) {
  Json document = {{"openapi", "3.1.0"},
                   {"info",
                    {{"title", "modelport Backend"},
                     {"version", MODELPORT_VERSION},
                     {"description", "Runs exporters that obey the export convention and keeps what they make."},
                     {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}}};
  Json paths = Json::object();
  for (const Route& route : routes) {
    if (route.documented == Route::Documented::kNo) continue;
    paths[std::string(route.path)][ascii_lower(method_name(route.method))] = operation_of(route);
  }
  document["paths"] = std::move(paths);
  const auto schemas = parse_json(embedded_file("openapi/schemas.json"), ErrorCode::kInternal);
  document["components"] = {{"schemas", schemas ? *schemas : Json::object()},
                            {"securitySchemes", {{"token", {{"type", "http"}, {"scheme", "bearer"}}}}}};
  // An empty requirement beside it: the token is needed only where the configuration lists some.
  document["security"] = Json::array({{{"token", Json::array()}}, Json::object()});
  return document;
}

void add_openapi_route(std::vector<Route>& routes) {
  routes.push_back({.method = HttpMethod::kGet,
                    .path = "/openapi.json",
                    .operation = "getOpenApi",
                    .summary = "This document.",
                    .answers = {{200, "OpenAPI 3.1.", "application/json"}},
                    .access = Route::Access::kOpen});
  routes.back().handle = [text = print_json(openapi_document(routes))](const HttpRequest&) {
    return json_response(200, text);
  };
}

}  // namespace modelport
