#include <algorithm>

#include "service/api/handlers.h"
#include "service/api/job_json.h"
#include "service/api/job_request.h"
#include "service/api/valid_values.h"
#include "service/http/site.h"

namespace modelport {

namespace {

Json shown(Api& api, const Job& job) {
  CheckpointNames names(api.backend.checkpoints());
  return job_json(job, names);
}

HttpResponse created_answer(Api& api, const JobCreation& creation, const HttpRequest& request) {
  if (creation.outcome == JobCreation::Outcome::kKeyReused) {
    Problem problem = make_problem(422, "idempotency_key_reused",
                                   fmt::format("this Idempotency-Key was used for another request, of job {}; take a "
                                               "new one",
                                               creation.job.id));
    problem.parameter = "Idempotency-Key";
    return problem_response(problem, request);
  }
  HttpResponse response = json_answer(shown(api, creation.job), 201);
  response.set("Location", "/export/jobs/" + creation.job.id);
  if (creation.outcome == JobCreation::Outcome::kReplayed) response.set("Idempotency-Replayed", "true");
  return response;
}

/// The core's refusal, with the values that would have been taken where it is about one of a list.
HttpResponse refusal(Api& api, const JobRequest& wanted, const Error& error, const HttpRequest& request) {
  if (error.code == ErrorCode::kInvalidArgument || error.code == ErrorCode::kUnsupportedFormat) {
    if (const Status allowed = api.backend.check_webhook_url(wanted.webhook_url); !allowed) {
      Problem problem = make_problem(400, "invalid_field", allowed.error().text());
      problem.parameter = "webhook_url";
      return problem_response(problem, request);
    }
    const std::vector<FrameworkCapability> all = api.backend.capabilities();
    if (const auto problem = unknown_framework(all, wanted.framework)) return problem_response(*problem, request);
    if (const auto problem = unavailable_format(all, wanted.framework, wanted.export_format))
      return problem_response(*problem, request);
    if (const auto problem = wrong_export_config(all, wanted)) return problem_response(*problem, request);
  }
  return error_response(error, request);
}

Result<JobFilter> filter_from(const HttpRequest& request) {
  JobFilter filter;
  if (const auto status = request.target.parameter("status")) filter.status = job_status_from_name(*status);
  filter.framework = text_parameter(request, "framework");
  filter.export_format = text_parameter(request, "export_format");
  filter.task_type = text_parameter(request, "task_type");
  filter.training_job_id = text_parameter(request, "training_job_id");
  filter.checkpoint_id = text_parameter(request, "checkpoint_id");
  for (const auto& [name, member] : {std::pair{"created_after", &JobFilter::created_after},
                                     std::pair{"created_before", &JobFilter::created_before}}) {
    const auto text = request.target.parameter(name);
    if (!text) continue;
    filter.*member = timestamp_from_text(*text);
    if (!(filter.*member))
      return fail(ErrorCode::kInvalidArgument, "{} is a time in UTC such as 2025-11-16T10:30:00Z", name);
  }
  return filter;
}

Result<JobPage> page_of(Api& api, const HttpRequest& request, const JobFilter& filter) {
  const auto limit = static_cast<int>(integer_parameter(request, "limit", 50));
  return api.backend.jobs().list(filter, text_parameter(request, "cursor"), limit);
}

Json jobs_json(Api& api, const std::vector<Job>& jobs) {
  CheckpointNames names(api.backend.checkpoints());
  Json array = Json::array();
  for (const Job& job : jobs) array.push_back(job_json(job, names));
  return array;
}

Json cursor_json(const JobPage& page) { return page.next_cursor.empty() ? Json() : Json(page.next_cursor); }

}  // namespace

ApiAnswer create_job(Api& api, const HttpRequest& request) {
  const auto key = read_idempotency_key(request.header("idempotency-key"));
  if (const auto* problem = std::get_if<Problem>(&key)) return problem_response(*problem, request);
  const auto wanted = read_job_request(request.body);
  if (const auto* problem = std::get_if<Problem>(&wanted)) return problem_response(*problem, request);
  const auto creation = api.backend.submit(std::get<JobRequest>(wanted), std::get<std::string>(key));
  if (!creation) return refusal(api, std::get<JobRequest>(wanted), creation.error(), request);
  return created_answer(api, *creation, request);
}

ApiAnswer list_jobs(Api& api, const HttpRequest& request) {
  TRY(filter, filter_from(request));
  TRY(page, page_of(api, request, filter));
  return json_answer({{"jobs", jobs_json(api, page.jobs)}, {"next_cursor", cursor_json(page)}});
}

ApiAnswer get_job(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  return json_answer(shown(api, job));
}

ApiAnswer delete_job(Api& api, const HttpRequest& request) {
  CHECK_OK(api.backend.remove(request.path_parameter("id")));
  HttpResponse response;
  response.status = 204;
  return response;
}

ApiAnswer cancel_job(Api& api, const HttpRequest& request) {
  const bool force = request.target.parameter("force") == "true";
  TRY(job, api.backend.cancel(request.path_parameter("id"), force ? CancelMode::kForce : CancelMode::kGraceful));
  return json_answer(shown(api, job), job.status == JobStatus::kCancelled ? 200 : 202);
}

ApiAnswer retry_job(Api& api, const HttpRequest& request) {
  const auto key = read_idempotency_key(request.header("idempotency-key"));
  if (const auto* problem = std::get_if<Problem>(&key)) return problem_response(*problem, request);
  TRY(creation, api.backend.retry(request.path_parameter("id"), std::get<std::string>(key)));
  return created_answer(api, creation, request);
}

ApiAnswer set_default_job(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.set_default(request.path_parameter("id")));
  return json_answer(shown(api, job));
}

ApiAnswer list_training_exports(Api& api, const HttpRequest& request) {
  JobFilter filter;
  filter.training_job_id = request.path_parameter("training_job_id");
  TRY(page, page_of(api, request, filter));
  return json_answer({{"training_job_id", filter.training_job_id},
                      {"exports", jobs_json(api, page.jobs)},
                      {"next_cursor", cursor_json(page)}});
}

}  // namespace modelport
