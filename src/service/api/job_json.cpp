#include "service/api/job_json.h"

#include <algorithm>
#include <cmath>

#include "base/printable.h"
#include "convention/proof_levels.h"
#include "service/backend/artifact_prediction.h"

namespace modelport {

namespace {

Json text_or_null(std::string_view text) { return text.empty() ? Json() : Json(printable(text)); }

Json time_or_null(const std::optional<Timestamp>& time) { return time ? Json(timestamp_text(*time)) : Json(); }

Json error_json(const JobError& error) {
  return {{"code", info(error.code).name},
          {"message", printable(error.message)},
          {"phase", error.phase ? Json(info(*error.phase).name) : Json()},
          {"exit_code", error.exit_code ? Json(*error.exit_code) : Json()},
          {"signal", error.signal == 0 ? Json() : Json(error.signal)}};
}

Json links_json(const Job& job) {
  const std::string self = "/export/jobs/" + job.id;
  Json links = {{"self", self}, {"logs", self + "/logs"}, {"events", self + "/events"}};
  if (job.status == JobStatus::kCompleted) {
    links["metadata"] = self + "/metadata";
    links["download"] = self + "/download";
    if (is_predicted_here(job.request.export_format)) links["predict"] = self + "/predict";
  }
  return links;
}

/// What the service found; a job of a release that did not judge was judged by nobody.
Json proof_json(const Job& job) {
  if (job.status != JobStatus::kCompleted) return nullptr;
  if (job.proof_document.is_object()) return job.proof_document;
  return {{"by", nullptr},
          {"level", "none"},
          {"checks", Json::array()},
          {"reason", "it was exported before this service judged what it publishes; export it anew to have it judged"}};
}

void add_result(const Job& job, Json& out) {
  out["export_path"] = job.artifact ? Json(job.artifact->key) : Json();
  out["export_results"] = job.export_results;
  out["file_size_bytes"] = job.artifact ? Json(job.artifact->bytes) : Json();
  out["file_size_mb"] =
      job.artifact ? Json(std::round(static_cast<double>(job.artifact->bytes) / 1e6 * 1000) / 1000) : Json();
  out["sha256"] = job.artifact ? Json(job.artifact->sha256) : Json();
  out["validation_passed"] = job.validation_passed ? Json(*job.validation_passed) : Json();
  out["proof"] = proof_json(job);
  out["proof_word"] = unknown_proof_word(proof_word(job.export_results));
  out["from_cache"] = job.from_cache;
  out["reused_from"] = text_or_null(job.reused_from);
  out["exporter_version"] = text_or_null(job.exporter_version);
  out["sandbox"] = text_or_null(job.sandbox);
}

std::string last_part(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(path.rfind('/') + 1));
}

}  // namespace

std::string CheckpointNames::of(const Job& job) {
  if (!job.request.checkpoint_name.empty()) return job.request.checkpoint_name;
  if (!job.request.checkpoint_path.empty()) return last_part(job.request.checkpoint_path);
  const auto [row, is_new] = uploads_.try_emplace(job.request.checkpoint_id);
  if (is_new) {
    if (const auto upload = checkpoints_.find(row->first)) row->second = upload->name;
  }
  return row->second;
}

Json unknown_proof_word(std::string_view word) {
  constexpr size_t kLongestShown = 100;
  const bool is_unknown = !word.empty() && find_proof_level(word) == nullptr;
  return is_unknown ? Json(printable(word.substr(0, kLongestShown))) : Json();
}

Json job_json(const Job& job) {
  Json out = {
      {"id", job.id},
      {"training_job_id", text_or_null(job.request.training_job_id)},
      {"framework", job.request.framework},
      {"task_type", text_or_null(job.task_type)},
      {"model_name", text_or_null(job.model_name)},
      {"export_format", job.request.export_format},
      {"checkpoint_id", text_or_null(job.checkpoint_id.empty() ? job.request.checkpoint_id : job.checkpoint_id)},
      {"checkpoint_path", text_or_null(job.request.checkpoint_path)},
      {"export_config", job.request.export_config},
      {"version", job.version == 0 ? Json() : Json(job.version)},
      {"version_tag", text_or_null(job.request.version_tag)},
      {"is_default", job.is_default},
      {"status", info(job.status).name},
      {"phase", job.phase ? Json(info(*job.phase).name) : Json()},
      {"progress", job.progress},
      {"cancel_requested", job.cancel_requested},
      {"error_message", job.error ? Json(printable(job.error->message)) : Json()},
      {"error_code", job.error ? Json(info(job.error->code).name) : Json()},
      {"error", job.error ? error_json(*job.error) : Json()}};
  add_result(job, out);
  out["attempt"] = job.attempt;
  out["max_attempts"] = job.max_attempts;
  out["interruptions"] = job.interruptions;
  out["retry_of"] = text_or_null(job.retry_of);
  out["created_at"] = timestamp_text(job.created_at);
  out["started_at"] = time_or_null(job.started_at);
  out["completed_at"] = time_or_null(job.completed_at);
  out["links"] = links_json(job);
  return out;
}

Json job_json(const Job& job, CheckpointNames& names) {
  Json out = job_json(job);
  out["checkpoint_name"] = text_or_null(names.of(job));
  return out;
}

Json event_json(const JobEvent& event) {
  return {{"id", event.id},
          {"job_id", event.job_id},
          {"at", timestamp_text(event.at)},
          {"type", event.type},
          {"data", event.data}};
}

Json delivery_json(const WebhookDelivery& delivery) {
  const size_t path = delivery.url.find_first_of("/?", delivery.url.find("://") + 3);
  return {{"id", delivery.id},
          {"job_id", delivery.job_id},
          {"type", delivery.event},
          {"receiver", printable(delivery.url.substr(0, path))},
          {"state", delivery_state_name(delivery.state)},
          {"attempts", delivery.attempts},
          {"last_status", delivery.last_status == 0 ? Json() : Json(delivery.last_status)},
          {"last_error", text_or_null(delivery.last_error)},
          {"created_at", timestamp_text(delivery.created_at)},
          {"next_attempt_at", time_or_null(delivery.next_attempt_at)},
          {"ended_at", time_or_null(delivery.ended_at)}};
}

Json log_line_json(const LogLine& line) {
  const std::string_view level = log_line_level(line.text);
  return {{"id", line.id},
          {"attempt", line.attempt},
          {"at", timestamp_text(line.at)},
          {"stream", log_stream_name(line.stream)},
          {"level", level.empty() ? Json() : Json(level)},
          {"text", readable_line(line.text)}};
}

std::string_view log_line_level(std::string_view text) {
  constexpr std::string_view kTime = "dddd-dd-dd dd:dd:dd,ddd - ";
  if (text.size() < kTime.size()) return "";
  for (size_t i = 0; i < kTime.size(); ++i) {
    const bool fits = kTime[i] == 'd' ? text[i] >= '0' && text[i] <= '9' : text[i] == kTime[i];
    if (!fits) return "";
  }
  text.remove_prefix(kTime.size());
  for (const auto& [written, name] : {std::pair{"DEBUG - ", "debug"},
                                      {"INFO - ", "info"},
                                      {"WARNING - ", "warning"},
                                      {"ERROR - ", "error"},
                                      {"CRITICAL - ", "error"}}) {
    if (text.starts_with(written)) return name;
  }
  return "";
}

std::string readable_line(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '\t', ' ');
  return printable(spaced);
}

std::string download_name(const Job& job) {
  std::string name = job.model_name.empty() ? "model" : job.model_name;
  name += "-" + job.request.export_format;
  if (job.version > 0) name += fmt::format("-v{}", job.version);
  for (char& c : name) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
    if (!plain) c = '_';
  }
  return name.substr(0, 120) + ".zip";
}

}  // namespace modelport
