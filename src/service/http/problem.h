#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "service/http/message.h"

namespace modelport {

/// An error as an answer: RFC 9457 problem details. `code` is for programs and never changes its meaning; `detail` is
/// the sentence for a person and ends with what to do.
struct Problem {
  int status = 500;
  std::string code;
  std::string title;
  std::string detail;
  std::string parameter;  ///< What of the request is wrong: a parameter, a field ("export_config.half"); may be empty.
  std::vector<std::string> valid_values;  ///< What that could have been, where there is a list.
  std::vector<HttpHeader> headers;        ///< Allow, Retry-After, WWW-Authenticate.
};

/// Of an error of the core: its code's status. What is beyond the caller (500 and above) loses its text, which may name
/// files of this machine; whoever calls this logs it.
Problem problem_from(const Error& error);

/// application/problem+json. `request` gives `instance` and the request's id.
HttpResponse problem_response(const Problem& problem, const HttpRequest& request);

/// The answer for an error of the core; what is beyond the caller goes to the log with the request's id.
HttpResponse error_response(const Error& error, const HttpRequest& request);

/// Names of the members of problem+json, for the schema: type, title, status, detail, instance, code, request_id,
/// parameter, valid_values.
Json problem_document(const Problem& problem, const HttpRequest& request);

}  // namespace modelport
