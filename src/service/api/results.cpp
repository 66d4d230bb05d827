#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>

#include "base/printable.h"
#include "service/api/handlers.h"
#include "service/api/job_json.h"
#include "service/http/ascii.h"
#include "service/http/byte_range.h"
#include "service/http/site.h"

namespace modelport {

namespace {

constexpr std::chrono::seconds kLinkLife{900};

Result<Job> completed_job(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find(request.path_parameter("id")));
  if (job.status != JobStatus::kCompleted)
    return fail(ErrorCode::kConflict, "job {} is {}; only a completed one has a result", job.id, info(job.status).name);
  return job;
}

/// Whether a list of entity tags holds this one.
bool names_tag(std::string_view header, std::string_view tag) {
  return header == "*" || header.find(tag) != std::string_view::npos;
}

HttpResponse unsatisfiable(const HttpRequest& request, int64_t size) {
  Problem problem = make_problem(416, "range_not_satisfiable", fmt::format("the file has {} bytes", size));
  problem.headers.push_back({"Content-Range", fmt::format("bytes */{}", size)});
  return problem_response(problem, request);
}

/// The file, whole or the part that Range asks for; a part only of the version that If-Range names.
HttpResponse file_response(const HttpRequest& request, Descriptor file, int64_t size, const std::string& tag) {
  const std::string_view condition = request.header("if-range");
  RangeAnswer answer;
  if (condition.empty() || condition == tag) answer = requested_range(request.header("range"), size);
  if (answer.kind == RangeAnswer::Kind::kUnsatisfiable) return unsatisfiable(request, size);
  HttpResponse response;
  FileBody body{std::move(file), 0, size};
  if (answer.kind == RangeAnswer::Kind::kPart) {
    response.status = 206;
    response.set("Content-Range", fmt::format("bytes {}-{}/{}", answer.range.first, answer.range.last, size));
    body.offset = answer.range.first;
    body.length = answer.range.length();
  }
  response.set("Accept-Ranges", "bytes");
  response.body = std::move(body);
  return response;
}

ApiAnswer download_of(Api& api, const Job& job, const HttpRequest& request) {
  if (!job.artifact) return fail(ErrorCode::kNotFound, "the artifact of job {} was removed", job.id);
  const std::string tag = "\"" + job.artifact->sha256 + "\"";
  HttpResponse response;
  if (names_tag(request.header("if-none-match"), tag)) {
    response.status = 304;
  } else if (auto link = api.backend.artifacts().presigned_url(job.artifact->key, download_name(job), kLinkLife)) {
    response.status = 307;
    response.set("Location", *std::move(link));
    return response;
  } else {
    const auto path = api.backend.artifacts().local_path(job.artifact->key);
    if (!path) return fail(ErrorCode::kNotFound, "the artifact of job {} is not in the store any more", job.id);
    Descriptor file(::open(path->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat status = {};
    if (!file.is_open() || fstat(file.get(), &status) != 0)
      return fail(ErrorCode::kNotFound, "the artifact of job {} is not in the store any more", job.id);
    response = file_response(request, std::move(file), status.st_size, tag);
    if (response.status == 416) return response;
    response.set("Content-Type", "application/zip");
    response.set("Content-Disposition", "attachment; filename=\"" + download_name(job) + "\"");
  }
  response.set("ETag", tag);
  response.set("Cache-Control", "private, no-cache");
  return response;
}

}  // namespace

ApiAnswer get_metadata(Api& api, const HttpRequest& request) {
  TRY(job, completed_job(api, request));
  return json_answer(job.export_results);
}

ApiAnswer make_download_link(Api& api, const HttpRequest& request) {
  TRY(job, completed_job(api, request));
  if (!job.artifact) return fail(ErrorCode::kNotFound, "the artifact of job {} was removed", job.id);
  TRY(ticket, api.tickets.issue(job.id));
  return json_answer({{"url", fmt::format("/export/jobs/{}/download?ticket={}", job.id, ticket)},
                      {"valid_seconds", DownloadTickets::kLife.count()}});
}

bool has_download_ticket(Api& api, const HttpRequest& request) {
  return api.tickets.admits(text_parameter(request, "ticket"), request.path_parameter("id"));
}

ApiAnswer download(Api& api, const HttpRequest& request) {
  TRY(job, completed_job(api, request));
  return download_of(api, job, request);
}

ApiAnswer download_default(Api& api, const HttpRequest& request) {
  TRY(job, api.backend.jobs().find_default(std::string(request.path_parameter("training_job_id")),
                                           std::string(request.path_parameter("export_format"))));
  return download_of(api, job, request);
}

ApiAnswer download_version(Api& api, const HttpRequest& request) {
  const std::string text(request.path_parameter("version"));
  int64_t version = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (failed != std::errc() || end != text.data() + text.size())
    return fail(ErrorCode::kNotFound, "a version is a number, not {}", printable(text));
  TRY(job, api.backend.jobs().find_version(std::string(request.path_parameter("training_job_id")), version,
                                           std::string(request.path_parameter("export_format"))));
  return download_of(api, job, request);
}

}  // namespace modelport
