#include "service/api/job_request.h"

#include <algorithm>

#include "base/nearest_name.h"
#include "base/printable.h"
#include "service/http/site.h"

namespace modelport {

namespace {

constexpr size_t kMaxTextBytes = 4096;

/// A member of the body and where it goes.
struct Field {
  std::string_view name;
  std::variant<std::string JobRequest::*, bool JobRequest::*, Json JobRequest::*> member;
};
constexpr Field kFields[] = {
    {"checkpoint_id", &JobRequest::checkpoint_id},
    {"checkpoint_path", &JobRequest::checkpoint_path},
    {"checkpoint_name", &JobRequest::checkpoint_name},
    {"framework", &JobRequest::framework},
    {"export_format", &JobRequest::export_format},
    {"export_config", &JobRequest::export_config},
    {"training_job_id", &JobRequest::training_job_id},
    {"version_tag", &JobRequest::version_tag},
    {"set_as_default", &JobRequest::set_as_default},
    {"webhook_url", &JobRequest::webhook_url},
    {"force", &JobRequest::force},
};

Problem wrong_field(std::string_view name, std::string detail) {
  Problem problem = make_problem(400, "invalid_field", std::move(detail));
  problem.parameter = name;
  return problem;
}

Problem unknown_field(std::string_view name) {
  std::vector<std::string> known;
  for (const Field& field : kFields) known.emplace_back(field.name);
  const std::string nearest = nearest_name(name, known);
  Problem problem =
      wrong_field(printable(name), fmt::format("a job has no field {}{}", printable(name),
                                               nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest)));
  problem.valid_values = std::move(known);
  return problem;
}

std::optional<Problem> read_field(const Field& field, const Json& value, JobRequest& request) {
  if (value.is_null()) return std::nullopt;
  if (const auto* text = std::get_if<std::string JobRequest::*>(&field.member)) {
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      return wrong_field(field.name, fmt::format("{} is a text", field.name));
    request.*(*text) = value.get<std::string>();
    if ((request.*(*text)).size() > kMaxTextBytes || printable(request.*(*text)) != request.*(*text))
      return wrong_field(field.name,
                         fmt::format("{} is at most {} bytes without control characters", field.name, kMaxTextBytes));
  } else if (const auto* flag = std::get_if<bool JobRequest::*>(&field.member)) {
    if (!value.is_boolean()) return wrong_field(field.name, fmt::format("{} is true or false", field.name));
    request.*(*flag) = value.get<bool>();
  } else {
    if (!value.is_object()) return wrong_field(field.name, fmt::format("{} is an object", field.name));
    request.*std::get<Json JobRequest::*>(field.member) = value;
  }
  return std::nullopt;
}

std::optional<Problem> check_whole(const JobRequest& request) {
  if (request.framework.empty()) return wrong_field("framework", "framework is needed");
  if (request.export_format.empty()) return wrong_field("export_format", "export_format is needed");
  if (request.checkpoint_id.empty() == request.checkpoint_path.empty())
    return wrong_field("checkpoint_id", "give checkpoint_id (of POST /checkpoints) or checkpoint_path, one of the two");
  if (request.set_as_default && request.training_job_id.empty())
    return wrong_field("set_as_default", "only the export of a training can be its default: give training_job_id");
  return std::nullopt;
}

}  // namespace

std::variant<JobRequest, Problem> read_job_request(std::string_view body) {
  const auto document = parse_json(body, ErrorCode::kInvalidArgument);
  if (!document) return make_problem(400, "malformed_json", "the body is no JSON: " + document.error().text());
  if (!document->is_object()) return make_problem(400, "malformed_json", "the body is a JSON object");
  JobRequest request;
  for (const auto& [name, value] : document->items()) {
    const auto* field = std::ranges::find(kFields, name, &Field::name);
    if (field == std::end(kFields)) return unknown_field(name);
    if (auto problem = read_field(*field, value, request)) return *std::move(problem);
  }
  if (auto problem = check_whole(request)) return *std::move(problem);
  return request;
}

std::variant<std::string, Problem> read_idempotency_key(std::string_view header) {
  if (header.size() > 255 || !std::ranges::all_of(header, [](char c) { return c > 0x20 && c < 0x7f; })) {
    Problem problem =
        make_problem(400, "invalid_parameter", "Idempotency-Key is at most 255 characters of ASCII without spaces");
    problem.parameter = "Idempotency-Key";
    return problem;
  }
  return std::string(header);
}

}  // namespace modelport
