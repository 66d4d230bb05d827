#include "service/http/problem.h"

#include <algorithm>

#include "base/log.h"

namespace modelport {

namespace {

std::string title_of(std::string_view code) {
  std::string title(code);
  std::ranges::replace(title, '_', ' ');
  if (!title.empty()) title[0] = static_cast<char>(title[0] - ('a' - 'A'));
  return title;
}

}  // namespace

Problem problem_from(const Error& error) {
  const ErrorInfo& info = error_info(error.code);
  Problem problem;
  problem.status = info.http_status;
  problem.code = info.name;
  problem.title = title_of(info.name);
  if (info.http_status < 500) {
    problem.detail = error.text();
  } else if (error.code == ErrorCode::kUnwritable) {
    problem.detail = "the service cannot write to its store now; its log, under this request_id, says why";
  } else if (error.code == ErrorCode::kUnavailable) {
    problem.detail = "the database or the store does not answer now; ask again";
  } else if (error.code == ErrorCode::kInterrupted) {
    problem.detail = "the service is stopping; ask again";
  } else {
    problem.detail = "the service failed; its log, under this request_id, says how";
  }
  if (info.retryable == ErrorInfo::Retryable::kYes) problem.headers.push_back({"Retry-After", "5"});
  return problem;
}

Json problem_document(const Problem& problem, const HttpRequest& request) {
  Json document = {
      {"type", "about:blank"},    {"title", problem.title.empty() ? title_of(problem.code) : problem.title},
      {"status", problem.status}, {"detail", problem.detail},
      {"code", problem.code},     {"request_id", request.id}};
  if (!request.target.path.empty()) document["instance"] = request.target.path;
  if (!problem.parameter.empty()) document["parameter"] = problem.parameter;
  if (!problem.valid_values.empty()) document["valid_values"] = problem.valid_values;
  return document;
}

HttpResponse error_response(const Error& error, const HttpRequest& request) {
  if (error_info(error.code).http_status >= 500) log_error("request {}: {}", request.id, error.text());
  return problem_response(problem_from(error), request);
}

HttpResponse problem_response(const Problem& problem, const HttpRequest& request) {
  HttpResponse response = json_response(problem.status, print_json(problem_document(problem, request)));
  response.set("Content-Type", "application/problem+json");
  for (const HttpHeader& header : problem.headers) response.set(header.name, header.value);
  return response;
}

}  // namespace modelport
