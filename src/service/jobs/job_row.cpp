#include "service/jobs/job_row.h"

#include <charconv>

#include "base/sha256.h"
#include "service/jobs/own_places.h"

namespace modelport {

const std::string_view kJobColumns =
    "id, framework, export_format, requested_checkpoint_id, checkpoint_path, export_config, training_job_id, "
    "version_tag, webhook_url, set_as_default, force, task_type, model_name, checkpoint_id, version, is_default, "
    "status, phase, progress, cancel_requested, error, metadata, artifact_key, artifact_sha256, artifact_bytes, proof, "
    "from_cache, exporter_version, sandbox, attempt, max_attempts, worker, retry_of, created_at, started_at, "
    "completed_at, proof_document, reused_from, interruptions, checkpoint_name";

namespace {

constexpr std::string_view kCursorPrefix = "s";

/// Takes the columns of a row one after the other.
template <class Rows>
class Columns {
 public:
  explicit Columns(const Rows& rows) : rows_(rows) {}
  std::string text() { return rows_.text(next_++); }
  int64_t integer() { return rows_.integer(next_++); }
  bool flag() { return integer() != 0; }
  double real() { return rows_.real(next_++); }
  std::optional<Timestamp> time() { return rows_.optional_time(next_++); }
  /// Null for NULL.
  Result<Json> json() {
    if (rows_.is_null(next_)) return (++next_, Json(nullptr));
    return parse_json(rows_.text(next_++), ErrorCode::kInternal);
  }

 private:
  const Rows& rows_;
  int next_ = 0;
};

}  // namespace

template <class Rows>
Result<Job> job_from_row(const Rows& rows) {
  Columns columns(rows);
  Job job;
  job.id = columns.text();
  job.request.framework = columns.text();
  job.request.export_format = columns.text();
  job.request.checkpoint_id = columns.text();
  job.request.checkpoint_path = columns.text();
  TRY(config, columns.json());
  job.request.export_config = std::move(config);
  job.request.training_job_id = columns.text();
  job.request.version_tag = columns.text();
  job.request.webhook_url = columns.text();
  job.request.set_as_default = columns.flag();
  job.request.force = columns.flag();
  job.task_type = columns.text();
  job.model_name = columns.text();
  job.checkpoint_id = columns.text();
  job.version = columns.integer();
  job.is_default = columns.flag();
  const auto status = job_status_from_name(columns.text());
  if (!status) return fail(ErrorCode::kInternal, "job {} has no known status", job.id);
  job.status = *status;
  job.phase = job_phase_from_name(columns.text());
  job.progress = columns.real();
  job.cancel_requested = columns.flag();
  TRY(error, columns.json());
  if (!error.is_null()) {
    TRY(read, error_from_json(error));
    job.error = std::move(read);
  }
  TRY(metadata, columns.json());
  job.export_results = std::move(metadata);
  StoredArtifact artifact{columns.text(), columns.text(), columns.integer()};
  if (!artifact.key.empty()) job.artifact = std::move(artifact);
  job.proof = columns.text();
  job.from_cache = columns.flag();
  job.exporter_version = columns.text();
  job.sandbox = columns.text();
  job.attempt = static_cast<int>(columns.integer());
  job.max_attempts = static_cast<int>(columns.integer());
  job.worker = columns.text();
  job.retry_of = columns.text();
  job.created_at = columns.time().value_or(Timestamp());
  job.started_at = columns.time();
  job.completed_at = columns.time();
  TRY(proof, columns.json());
  job.proof_document = std::move(proof);
  job.reused_from = columns.text();
  job.interruptions = static_cast<int>(columns.integer());
  job.request.checkpoint_name = columns.text();
  if (job.status == JobStatus::kCompleted) job.validation_passed = true;
  if (job.error && (job.error->code == FailureCode::kValidationFailed || job.error->phase == JobPhase::kValidating))
    job.validation_passed = false;
  return job;
}
template Result<Job> job_from_row(const SqliteRows& rows);
template Result<Job> job_from_row(const PostgresRows& rows);

template <class Rows>
Result<RunningAttempt> attempt_from_row(const Rows& rows) {
  RunningAttempt attempt{{rows.text(0), static_cast<int>(rows.integer(1))}, rows.text(2), std::nullopt, rows.time(4)};
  if (rows.is_null(3)) return attempt;
  TRY(document, parse_json(rows.text(3), ErrorCode::kInternal));
  TRY(process, process_from_json(document));
  attempt.process = std::move(process);
  return attempt;
}
template Result<RunningAttempt> attempt_from_row(const SqliteRows& rows);
template Result<RunningAttempt> attempt_from_row(const PostgresRows& rows);

Result<int64_t> sequence_of(const std::string& cursor) {
  if (cursor.empty()) return INT64_MAX;
  int64_t value = 0;
  const char* end = cursor.data() + cursor.size();
  const bool has_prefix = cursor.starts_with(kCursorPrefix);
  const auto [stopped, failed] = std::from_chars(cursor.data() + (has_prefix ? 1 : 0), end, value);
  if (!has_prefix || failed != std::errc() || stopped != end)
    return fail(ErrorCode::kInvalidArgument, "the cursor is none that a list gave");
  return value;
}

std::string cursor_below(int64_t sequence) { return fmt::format("{}{}", kCursorPrefix, sequence); }

std::string one_line(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::optional<std::string> document_or_null(const Json& document) {
  return document.is_null() ? std::nullopt : std::optional(one_line(document));
}

Json error_to_json(const JobError& error) {
  Json document = {{"code", info(error.code).name}, {"message", without_own_places(error.message)}};
  if (error.phase) document["phase"] = info(*error.phase).name;
  if (error.exit_code) document["exit_code"] = *error.exit_code;
  if (error.signal != 0) document["signal"] = error.signal;
  return document;
}

Result<JobError> error_from_json(const Json& document) {
  if (!document.is_object()) return fail(ErrorCode::kInternal, "a job's error is no object");
  const auto code = failure_from_name(document.value("code", ""));
  if (!code) return fail(ErrorCode::kInternal, "a job's error has no known code");
  JobError error{*code, document.value("message", ""), job_phase_from_name(document.value("phase", "")), std::nullopt,
                 document.value("signal", 0)};
  if (document.contains("exit_code")) error.exit_code = document["exit_code"].get<int>();
  return error;
}

Json process_to_json(const ProcessIdentity& process) {
  return {{"pid", process.pid}, {"start_ticks", process.start_ticks}, {"boot_id", process.boot_id}};
}

Result<ProcessIdentity> process_from_json(const Json& document) {
  if (!document.is_object()) return fail(ErrorCode::kInternal, "a recorded process is no object");
  return ProcessIdentity{document.value("pid", 0), document.value("start_ticks", int64_t{0}),
                         document.value("boot_id", "")};
}

bool was_last_attempt(const Job& job, AbandonedBy by) {
  if (by == AbandonedBy::kRestart) return job.interruptions + 1 > kMostInterruptions;
  return job.attempt - job.interruptions >= job.max_attempts;
}

std::string version_key(const JobRequest& request) {
  return request.checkpoint_path.empty() ? request.checkpoint_id : "path:" + request.checkpoint_path;
}

std::string request_fingerprint(const JobRequest& request) {
  const Json parts = {request.framework,      request.export_format,
                      request.checkpoint_id,  request.checkpoint_path,
                      request.export_config,  request.training_job_id,
                      request.version_tag,    request.webhook_url,
                      request.set_as_default, request.force};
  const std::string text = one_line(parts);
  return sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace modelport
