#include "formats/torchscript/lower/config_json.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/python_literal.h"

namespace modelport::torchscript {

namespace {

Json json_of(const PythonLiteral& literal);

std::string key_of(const PythonLiteral& key) {
  const Json json = json_of(key);
  return json.is_string() ? json.get<std::string>() : json.dump();
}

struct ToJson {
  Json operator()(PythonLiteral::None) const { return nullptr; }
  Json operator()(bool value) const { return value; }
  Json operator()(int64_t value) const { return value; }
  Json operator()(const PythonLiteral::Float& value) const { return std::strtod(value.text.c_str(), nullptr); }
  Json operator()(const std::string& value) const { return value; }
  Json operator()(const PythonLiteral::List& list) const {
    Json array = Json::array();
    for (const PythonLiteral& item : list) array.push_back(json_of(item));
    return array;
  }
  Json operator()(const PythonLiteral::Dict& dict) const {
    Json object = Json::object();
    for (const auto& [key, value] : dict) object[key_of(key)] = json_of(value);
    return object;
  }
};

Json json_of(const PythonLiteral& literal) { return std::visit(ToJson{}, literal.value); }

}  // namespace

std::string config_json(std::span<const std::pair<std::string, std::string>> entries) {
  Json json = Json::object();
  for (const auto& [name, text] : entries) {
    const auto literal = parse_python_literal(text);
    json[name] = literal ? json_of(*literal) : Json(text);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modelport::torchscript
