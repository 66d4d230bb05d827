#include "source/export_option.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace modelport::option_value {

namespace {

/// Whole numbers without a fraction, as people write them.
Json plain(double number) {
  return std::floor(number) == number && std::abs(number) < 1e15 ? Json(static_cast<int64_t>(number)) : Json(number);
}

/// "1e-9", not "1e-09".
std::string text_of(double number) {
  std::string text = plain(number).dump();
  if (const size_t zero = text.find("e-0"); zero != std::string::npos) text.erase(zero + 2, 1);
  return text;
}

}  // namespace

std::optional<int64_t> integer_in(const Json& value, int64_t low, int64_t high) {
  if (value.is_number_float() && std::floor(value.get<double>()) == value.get<double>() &&
      std::abs(value.get<double>()) < 1e15) {
    const auto whole = static_cast<int64_t>(value.get<double>());
    return whole >= low && whole <= high ? std::optional(whole) : std::nullopt;
  }
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(high)) return std::nullopt;
  const auto whole = value.get<int64_t>();
  return whole >= low && whole <= high ? std::optional(whole) : std::nullopt;
}

std::optional<double> number_in(const Json& value, double low, double high) {
  if (!value.is_number()) return std::nullopt;
  const auto number = value.get<double>();
  return number >= low && number <= high ? std::optional(number) : std::nullopt;
}

std::string integer_range(int64_t low, int64_t high) { return fmt::format("an integer from {} to {}", low, high); }

std::string number_range(double low, double high) {
  return fmt::format("a number from {} to {}", text_of(low), text_of(high));
}

std::string one_of(const std::vector<Json>& values) {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i) {
    const std::string_view separator = i == 0 ? "" : i + 1 == values.size() ? " or " : ", ";
    text += fmt::format("{}{}", separator, values[i].dump());
  }
  return text;
}

Json described(Json schema, const std::optional<Json>& default_value, std::string_view description) {
  if (default_value && !default_value->is_null()) schema["default"] = *default_value;
  if (!description.empty()) schema["description"] = description;
  return schema;
}

Json integer_schema(int64_t low, int64_t high) { return {{"type", "integer"}, {"minimum", low}, {"maximum", high}}; }

Json number_schema(double low, double high) {
  return {{"type", "number"}, {"minimum", plain(low)}, {"maximum", plain(high)}};
}

Json choice_schema(const std::vector<Json>& values) {
  const auto is_boolean = [](const Json& value) { return value.is_boolean() || value.is_null(); };
  if (std::ranges::all_of(values, is_boolean)) return {{"type", "boolean"}};
  return {{"enum", values}};
}

}  // namespace modelport::option_value
