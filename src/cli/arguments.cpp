#include "cli/arguments.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/nearest_name.h"

namespace modelport {

namespace {

Error unknown(std::string_view command, std::string_view name, std::span<const Option> options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.emplace_back(option.name);
  Error error = fail(ErrorCode::kInvalidArgument, "{} has no option {}", command, name);
  const std::string nearest = nearest_name(name, names);
  error.hint = nearest.empty() ? fmt::format("modelport {} --help lists them", command)
                               : fmt::format("did you mean {}?", nearest);
  return error;
}

bool is_option(const std::string& argument) { return argument.size() > 1 && argument[0] == '-'; }

}  // namespace

bool GivenArguments::has(std::string_view name) const {
  return std::ranges::find(options, name, &Given::name) != options.end();
}

std::string GivenArguments::value(std::string_view name) const {
  const std::vector<std::string> all = values(name);
  return all.empty() ? "" : all.back();
}

std::vector<std::string> GivenArguments::values(std::string_view name) const {
  std::vector<std::string> all;
  for (const Given& given : options) {
    if (given.name == name) all.push_back(given.value);
  }
  return all;
}

Result<GivenArguments> read_arguments(std::string_view command, std::span<const std::string> arguments,
                                      std::span<const Option> options) {
  GivenArguments given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!is_option(arguments[i])) {
      given.positional.push_back(arguments[i]);
      continue;
    }
    std::string name = arguments[i];
    std::optional<std::string> value;
    if (const size_t equals = name.find('='); equals != std::string::npos) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto option = std::ranges::find(options, name, &Option::name);
    if (option == options.end()) return unknown(command, name, options);
    if (option->takes == Option::Takes::kNothing) {
      if (value) return fail(ErrorCode::kInvalidArgument, "{} takes no value", name);
      given.options.push_back({option->name, ""});
      continue;
    }
    if (option->takes == Option::Takes::kOne && given.has(option->name))
      return fail(ErrorCode::kInvalidArgument, "{} is given twice", name);
    if (!value && i + 1 < arguments.size() && !is_option(arguments[i + 1])) value = arguments[++i];
    if (!value || value->empty()) return fail(ErrorCode::kInvalidArgument, "{} needs a value", name);
    given.options.push_back({option->name, *value});
    while (option->takes == Option::Takes::kMany && i + 1 < arguments.size() && !is_option(arguments[i + 1]))
      given.options.push_back({option->name, arguments[++i]});
  }
  return given;
}

Result<double> fraction_from(std::string_view option, const std::string& text) {
  double value = -1.0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !(value >= 0.0 && value <= 1.0))
    return fail(ErrorCode::kInvalidArgument, "{} is a number from 0 to 1, not {}", option, text);
  return value;
}

}  // namespace modelport
