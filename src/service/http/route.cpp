#include "service/http/route.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "service/http/ascii.h"

namespace modelport {

namespace {

bool is_braced(std::string_view segment) { return segment.starts_with('{') && segment.ends_with('}'); }

bool takes(std::string_view braced, std::string_view segment) {
  constexpr size_t kMaxIdBytes = 128;
  if (braced != "{id}") return !segment.empty();
  return !segment.empty() && segment.size() <= kMaxIdBytes && std::ranges::all_of(segment, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

bool matches(const Route& route, std::span<const std::string> segments, RouteMatch& match) {
  const std::vector<std::string_view> pattern = path_segments(route.path);
  if (pattern.size() != segments.size()) return false;
  match.parameters.clear();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (is_braced(pattern[i]) && takes(pattern[i], segments[i])) {
      match.parameters.emplace(pattern[i].substr(1, pattern[i].size() - 2), segments[i]);
    } else if (pattern[i] != segments[i]) {
      return false;
    }
  }
  return true;
}

Problem wrong_parameter(std::string_view name, std::string detail, std::vector<std::string> valid = {}) {
  Problem problem;
  problem.status = 400;
  problem.code = "invalid_parameter";
  problem.parameter = name;
  problem.detail = std::move(detail);
  problem.valid_values = std::move(valid);
  return problem;
}

std::optional<Problem> check_value(const Parameter& parameter, std::string_view value) {
  const std::string_view name = parameter.name;
  if (parameter.type == Parameter::Type::kFlag && value != "true" && value != "false")
    return wrong_parameter(name, fmt::format("{} is true or false", name), {"true", "false"});
  if (parameter.type == Parameter::Type::kInteger) {
    const auto number = number_from<int64_t>(value);
    if (!number || *number < parameter.minimum || *number > parameter.maximum)
      return wrong_parameter(
          name, parameter.maximum == INT64_MAX
                    ? fmt::format("{} is an integer from {}", name, parameter.minimum)
                    : fmt::format("{} is an integer from {} to {}", name, parameter.minimum, parameter.maximum));
  }
  if (!parameter.values.empty() && std::ranges::find(parameter.values, value) == parameter.values.end())
    return wrong_parameter(name, fmt::format("{} is one of {}", name, fmt::join(parameter.values, ", ")),
                           parameter.values);
  return std::nullopt;
}

std::optional<Problem> check_query(const Route& route, const HttpRequest& request) {
  std::vector<std::string> known;
  for (const Parameter& parameter : route.parameters) {
    if (parameter.in == Parameter::In::kQuery) known.emplace_back(parameter.name);
  }
  std::vector<std::string_view> seen;
  for (const auto& [name, value] : request.target.query) {
    if (std::ranges::find(known, name) == known.end()) {
      const std::string nearest = nearest_name(name, known);
      return wrong_parameter(name,
                             fmt::format("there is no parameter {}{}", name,
                                         nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)),
                             known);
    }
    if (std::ranges::find(seen, name) != seen.end())
      return wrong_parameter(name, fmt::format("{} is given twice", name));
    seen.push_back(name);
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string_view> path_segments(std::string_view path) {
  std::vector<std::string_view> segments;
  for (size_t start = 1;;) {
    const size_t end = std::min(path.find('/', start), path.size());
    segments.push_back(path.substr(start, end - start));
    if (end == path.size()) return segments;
    start = end + 1;
  }
}

RouteMatch match_route(std::span<const Route> routes, HttpMethod method, std::span<const std::string> segments) {
  const HttpMethod wanted = method == HttpMethod::kHead ? HttpMethod::kGet : method;
  RouteMatch match;
  for (const Route& route : routes) {
    if (!matches(route, segments, match)) continue;
    if (route.method == wanted) {
      match.route = &route;
      return match;
    }
    match.allowed.push_back(route.method);
    if (route.method == HttpMethod::kGet) match.allowed.push_back(HttpMethod::kHead);
  }
  return match;
}

std::optional<Problem> check_parameters(const Route& route, const HttpRequest& request) {
  if (auto problem = check_query(route, request)) return problem;
  for (const Parameter& parameter : route.parameters) {
    std::optional<std::string_view> value;
    if (parameter.in == Parameter::In::kQuery) {
      value = request.target.parameter(parameter.name);
    } else {
      const std::string name = ascii_lower(parameter.name);
      if (request.count_headers(name) > 1)
        return wrong_parameter(parameter.name, fmt::format("{} is given twice", parameter.name));
      if (request.count_headers(name) == 1) value = request.header(name);
    }
    if (!value) continue;
    if (auto problem = check_value(parameter, *value)) return problem;
  }
  return std::nullopt;
}

}  // namespace modelport
