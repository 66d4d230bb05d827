#include "service/http/site.h"

#include <algorithm>
#include <new>

#include "base/log.h"
#include "service/http/ascii.h"

namespace modelport {

namespace {

std::string allow_header(const std::vector<HttpMethod>& methods) {
  std::string text;
  for (const HttpMethod method : methods) text += fmt::format("{}, ", method_name(method));
  return text + "OPTIONS";
}

HttpResponse no_route(const HttpRequest& request, const RouteMatch& match) {
  if (match.allowed.empty()) {
    Problem problem =
        make_problem(404, "no_such_path", "there is nothing at this address; /openapi.json lists the API");
    return problem_response(problem, request);
  }
  Problem problem = make_problem(405, "method_not_allowed", "this address does not take that method");
  for (const HttpMethod method : match.allowed) problem.valid_values.emplace_back(method_name(method));
  problem.headers.push_back({"Allow", allow_header(match.allowed)});
  return problem_response(problem, request);
}

/// OPTIONS, for any path that some route has.
HttpResponse options_response(const RouteMatch& match) {
  HttpResponse response;
  response.status = 204;
  response.set("Allow", allow_header(match.allowed));
  return response;
}

bool has_body(const HttpRequest& request) {
  return request.content_length.value_or(0) > 0 || !request.header("transfer-encoding").empty();
}

std::string media_type(std::string_view content_type) {
  return ascii_lower(trimmed(content_type.substr(0, content_type.find(';'))));
}

std::optional<Problem> check_body(const HttpSite& site, const Route& route, const HttpRequest& request) {
  if (route.open) {
    const int64_t limit = std::min(site.limits.upload_bytes, route.body_bytes);
    if (request.content_length.value_or(0) > limit)
      return make_problem(413, "too_large", fmt::format("the body is at most {} bytes here", limit));
    return std::nullopt;
  }
  const auto limit = static_cast<int64_t>(site.limits.json_bytes);
  if (request.content_length.value_or(0) > limit)
    return make_problem(413, "too_large", fmt::format("the body is at most {} bytes here", limit));
  if (route.request_schema.empty() || !has_body(request)) return std::nullopt;
  if (media_type(request.header("content-type")) == "application/json") return std::nullopt;
  Problem problem = make_problem(415, "unsupported_media_type", "the body is JSON: Content-Type: application/json");
  problem.parameter = "Content-Type";
  problem.valid_values = {"application/json"};
  return problem;
}

}  // namespace

Problem make_problem(int status, std::string code, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.detail = std::move(detail);
  return problem;
}

std::variant<const Route*, HttpResponse> admit(const HttpSite& site, HttpRequest& request) {
  if (const auto problem = check_origin(site.access, request)) return problem_response(*problem, request);
  RouteMatch match = match_route(site.routes, request.method, request.target.segments);
  request.path_parameters = std::move(match.parameters);
  if (request.method == HttpMethod::kOptions && !match.allowed.empty()) return options_response(match);
  if (match.route == nullptr || match.route->access != Route::Access::kOpen) {
    const auto problem = check_token(site.access, request);
    const bool has_stand_in =
        problem && match.route != nullptr && match.route->lets_in && match.route->lets_in(request);
    if (problem && !has_stand_in) return problem_response(*problem, request);
  }
  if (match.route == nullptr) return no_route(request, match);
  if (const auto problem = check_parameters(*match.route, request)) return problem_response(*problem, request);
  if (const auto problem = check_body(site, *match.route, request)) return problem_response(*problem, request);
  return match.route;
}

bool admission_may_wait(const HttpSite& site, const HttpRequest& request) {
  const RouteMatch match = match_route(site.routes, request.method, request.target.segments);
  return match.route != nullptr && match.route->lets_in && check_token(site.access, request);
}

HttpResponse handle_request(const Route& route, const HttpRequest& request) try {
  return route.handle(request);
} catch (const std::bad_alloc&) {
  log_error("request {}: out of memory in {}", request.id, route.operation);
  Problem problem = make_problem(503, "out_of_memory", "the service has no memory for this now; ask again later");
  problem.headers.push_back({"Retry-After", "30"});
  return problem_response(problem, request);
}

void complete_response(const HttpSite& site, const HttpRequest& request, HttpResponse& response) {
  response.set("X-Request-Id", request.id);
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Referrer-Policy", "no-referrer");
  if (response.header("Cache-Control").empty()) response.set("Cache-Control", "no-store");
  if (response.header("Content-Security-Policy").empty())
    response.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox");
  for (HttpHeader& header : cors_headers(site.access, request)) response.headers.push_back(std::move(header));
}

}  // namespace modelport
