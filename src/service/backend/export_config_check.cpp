#include "service/backend/export_config_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "base/nearest_name.h"
#include "base/printable.h"

namespace modelport {

namespace {

using Found = std::optional<ConfigViolation>;

/// A schema that is nested more deeply than this is not followed further.
constexpr int kDeepest = 32;
constexpr size_t kLongestShown = 200;

std::string shown(const Json& value) {
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kLongestShown));
}

bool is_whole(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number_float() && std::trunc(value.get<double>()) == value.get<double>());
}

bool is_of_type(const Json& value, const Json& name) {
  if (name == "integer") return is_whole(value);
  if (name == "number") return value.is_number();
  if (name == "string") return value.is_string();
  if (name == "boolean") return value.is_boolean();
  if (name == "array") return value.is_array();
  if (name == "object") return value.is_object();
  if (name == "null") return value.is_null();
  return true;
}

std::string type_names(const Json& type) {
  if (!type.is_array()) return type.is_string() ? printable(type.get<std::string>()) : "";
  std::vector<std::string> names;
  for (const Json& name : type) {
    if (name.is_string()) names.push_back(printable(name.get<std::string>()));
  }
  return fmt::format("{}", fmt::join(names, " or "));
}

/// One walk over a document.
class SchemaCheck {
 public:
  Found check(const Json& value, const Json& schema, const std::string& path, int depth) const {
    if (!schema.is_object() || depth > kDeepest) return std::nullopt;
    for (const auto part : {&SchemaCheck::check_type, &SchemaCheck::check_values, &SchemaCheck::check_bounds}) {
      if (auto found = (this->*part)(value, schema, path)) return found;
    }
    for (const auto part : {&SchemaCheck::check_object, &SchemaCheck::check_items, &SchemaCheck::check_combined}) {
      if (auto found = (this->*part)(value, schema, path, depth)) return found;
    }
    return std::nullopt;
  }

 private:
  static ConfigViolation wrong(const std::string& path, std::string_view what) {
    return {path, fmt::format("{} {}", path, what), {}};
  }

  Found check_type(const Json& value, const Json& schema, const std::string& path) const {
    const auto type = schema.find("type");
    if (type == schema.end()) return std::nullopt;
    const bool fits = type->is_array()
                          ? std::ranges::any_of(*type, [&](const Json& name) { return is_of_type(value, name); })
                          : is_of_type(value, *type);
    if (fits) return std::nullopt;
    return wrong(path, fmt::format("is {}; it is of type {}", shown(value), type_names(*type)));
  }

  Found check_values(const Json& value, const Json& schema, const std::string& path) const {
    const auto listed = schema.find("enum");
    const auto only = schema.find("const");
    std::vector<Json> valid;
    if (listed != schema.end() && listed->is_array()) valid.assign(listed->begin(), listed->end());
    if (only != schema.end()) valid = {*only};
    if (valid.empty() || std::ranges::find(valid, value) != valid.end()) return std::nullopt;
    ConfigViolation found = wrong(path, fmt::format("is {}, which is none of its values", shown(value)));
    for (const Json& each : valid)
      found.valid_values.push_back(each.is_string() ? printable(each.get<std::string>()) : shown(each));
    return found;
  }

  Found check_bounds(const Json& value, const Json& schema, const std::string& path) const {
    std::optional<double> measure;
    struct Bound {
      const char* name;
      bool (*holds)(double measure, double bound);
      std::string_view words;
    };
    const auto at_least = [](double a, double b) { return a >= b; };
    const auto at_most = [](double a, double b) { return a <= b; };
    const Bound number[] = {{"minimum", at_least, "at least"},
                            {"maximum", at_most, "at most"},
                            {"exclusiveMinimum", [](double a, double b) { return a > b; }, "more than"},
                            {"exclusiveMaximum", [](double a, double b) { return a < b; }, "less than"}};
    const Bound list[] = {{"minItems", at_least, "a list of at least"}, {"maxItems", at_most, "a list of at most"}};
    const Bound text[] = {{"minLength", at_least, "of a length of at least"},
                          {"maxLength", at_most, "of a length of at most"}};
    std::span<const Bound> bounds;
    if (value.is_number()) {
      measure = value.get<double>();
      bounds = number;
    } else if (value.is_array()) {
      measure = static_cast<double>(value.size());
      bounds = list;
    } else if (value.is_string()) {
      const auto& bytes = value.get_ref<const std::string&>();
      measure = static_cast<double>(std::ranges::count_if(bytes, [](char c) { return (c & 0xc0) != 0x80; }));
      bounds = text;
    }
    for (const Bound& bound : bounds) {
      const auto limit = schema.find(bound.name);
      if (limit == schema.end() || !limit->is_number() || bound.holds(*measure, limit->get<double>())) continue;
      return wrong(path, fmt::format("is {}; it is {} {}", shown(value), bound.words, shown(*limit)));
    }
    return std::nullopt;
  }

  Found check_object(const Json& value, const Json& schema, const std::string& path, int depth) const {
    if (!value.is_object()) return std::nullopt;
    const Json none = Json::object();
    const auto declared = schema.find("properties");
    const Json& properties = declared != schema.end() && declared->is_object() ? *declared : none;
    if (const auto needed = schema.find("required"); needed != schema.end() && needed->is_array()) {
      for (const Json& name : *needed) {
        if (name.is_string() && !value.contains(name.get<std::string>()))
          return wrong(path + "." + printable(name.get<std::string>()), "is needed");
      }
    }
    const auto others = schema.find("additionalProperties");
    for (const auto& [name, member] : value.items()) {
      const std::string inner = path + "." + printable(name);
      if (const auto property = properties.find(name); property != properties.end()) {
        if (auto found = check(member, *property, inner, depth + 1)) return found;
      } else if (others != schema.end() && *others == false && !schema.contains("patternProperties")) {
        return unknown_key(name, properties, inner);
      } else if (others != schema.end() && !schema.contains("patternProperties")) {
        if (auto found = check(member, *others, inner, depth + 1)) return found;
      }
    }
    return std::nullopt;
  }

  static ConfigViolation unknown_key(const std::string& name, const Json& properties, const std::string& path) {
    std::vector<std::string> known;
    for (const auto& [key, schema] : properties.items()) known.push_back(printable(key));
    const std::string nearest = nearest_name(name, known);
    ConfigViolation found = wrong(
        path, "is no option of this format" + (nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
    found.valid_values = std::move(known);
    return found;
  }

  Found check_items(const Json& value, const Json& schema, const std::string& path, int depth) const {
    const auto items = schema.find("items");
    if (!value.is_array() || items == schema.end()) return std::nullopt;
    for (size_t i = 0; i < value.size(); ++i) {
      if (auto found = check(value[i], *items, fmt::format("{}[{}]", path, i), depth + 1)) return found;
    }
    return std::nullopt;
  }

  Found check_combined(const Json& value, const Json& schema, const std::string& path, int depth) const {
    if (const auto all = schema.find("allOf"); all != schema.end() && all->is_array()) {
      for (const Json& each : *all) {
        if (auto found = check(value, each, path, depth + 1)) return found;
      }
    }
    for (const char* keyword : {"anyOf", "oneOf"}) {
      const auto any = schema.find(keyword);
      if (any == schema.end() || !any->is_array() || any->empty()) continue;
      // Told is what the first one has against it: null, the usual alternative, comes last.
      Found first;
      const bool fits = std::ranges::any_of(*any, [&](const Json& each) {
        Found found = check(value, each, path, depth + 1);
        if (found && !first) first = found;
        return !found;
      });
      if (!fits) return first;
    }
    return std::nullopt;
  }
};

}  // namespace

std::optional<ConfigViolation> check_export_config(const Json& config, const Json& schema) {
  return SchemaCheck().check(config, schema, "export_config", 0);
}

}  // namespace modelport
