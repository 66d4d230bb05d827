#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/json.h"

namespace modelport {

/// One option of export_config: its name, range, default and description, how its value is read, and what metadata.json
/// records of it. `Options` holds its value: a struct of those who read it.
template <class Options>
struct ExportOption {
  std::string name;
  std::string expected;  ///< For messages: "an integer from 11 to 21".
  Json schema;           ///< JSON Schema of a value that is not null.
  /// Reads a value that is not null; false where it is not what is expected, the error of what it refers to.
  std::function<Result<bool>(const Json& value, Options& options)> read;
  /// The value as it took effect; nothing where none is recorded. Null: a second name of another option.
  std::function<std::optional<Json>(const Options& options)> effective;
};

namespace option_value {

/// A whole number in the range, also as 640.0.
std::optional<int64_t> integer_in(const Json& value, int64_t low, int64_t high);
std::optional<double> number_in(const Json& value, double low, double high);

std::string integer_range(int64_t low, int64_t high);
std::string number_range(double low, double high);
/// "true, false or \"batch\"".
std::string one_of(const std::vector<Json>& values);

/// The schema's last entries, where there is something to say.
Json described(Json schema, const std::optional<Json>& default_value, std::string_view description);
Json integer_schema(int64_t low, int64_t high);
Json number_schema(double low, double high);
/// A boolean, or an enum; null is left out, since every option takes it.
Json choice_schema(const std::vector<Json>& values);

/// A field as JSON; nothing where it is absent.
template <class Value>
std::optional<Json> recorded(const Value& value) {
  return Json(value);
}
template <class Value>
std::optional<Json> recorded(const std::optional<Value>& value) {
  return value ? std::optional(Json(*value)) : std::nullopt;
}

}  // namespace option_value

/// `field` gives the value's place: a pointer to a member of Options, or a function from Options& to it. Its value in
/// Options{} is the default.
template <class Options, class Field>
ExportOption<Options> integer_option(std::string name, int64_t low, int64_t high, Field field,
                                     std::string_view description = "") {
  using namespace option_value;
  const auto effective = [field](const Options& options) { return recorded(std::invoke(field, options)); };
  return {std::move(name), integer_range(low, high),
          described(integer_schema(low, high), effective(Options{}), description),
          [=](const Json& value, Options& options) -> Result<bool> {
            const std::optional<int64_t> number = integer_in(value, low, high);
            if (number) std::invoke(field, options) = *number;
            return number.has_value();
          },
          effective};
}

/// The same for a number.
template <class Options, class Field>
ExportOption<Options> number_option(std::string name, double low, double high, Field field,
                                    std::string_view description = "") {
  using namespace option_value;
  const auto effective = [field](const Options& options) { return recorded(std::invoke(field, options)); };
  return {std::move(name), number_range(low, high),
          described(number_schema(low, high), effective(Options{}), description),
          [=](const Json& value, Options& options) -> Result<bool> {
            const std::optional<double> number = number_in(value, low, high);
            if (number) std::invoke(field, options) = *number;
            return number.has_value();
          },
          effective};
}

/// A closed list: how each value is written, and what it means. Of several spellings of one meaning the last is
/// recorded; a meaning without a spelling is not.
template <class Options, class Meaning, class Field>
ExportOption<Options> choice_option(std::string name, std::vector<std::pair<Json, Meaning>> choices, Field field,
                                    std::string_view description = "") {
  using namespace option_value;
  std::vector<Json> spellings;
  for (const auto& [spelling, meaning] : choices) spellings.push_back(spelling);
  const auto effective = [=](const Options& options) -> std::optional<Json> {
    for (auto choice = choices.rbegin(); choice != choices.rend(); ++choice) {
      if (std::invoke(field, options) == choice->second) return choice->first;
    }
    return std::nullopt;
  };
  return {std::move(name), one_of(spellings), described(choice_schema(spellings), effective(Options{}), description),
          [=](const Json& value, Options& options) -> Result<bool> {
            for (const auto& [spelling, meaning] : choices) {
              if (value != spelling) continue;
              std::invoke(field, options) = meaning;
              return true;
            }
            return false;
          },
          effective};
}

}  // namespace modelport
