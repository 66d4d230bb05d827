#pragma once

#include <string_view>
#include <variant>

#include "service/http/problem.h"
#include "service/jobs/job.h"

namespace modelport {

/// The body of POST /export/jobs. A Problem names the field that is unknown, missing or of a wrong type, and the ones
/// that are valid. A null counts as not given.
std::variant<JobRequest, Problem> read_job_request(std::string_view body);

/// The Idempotency-Key of a request, "" without one; a Problem where it is longer than 255 or not printable ASCII.
std::variant<std::string, Problem> read_idempotency_key(std::string_view header);

}  // namespace modelport
