#include "base/printable.h"
#include "service/api/handlers.h"
#include "service/api/process_metrics.h"
#include "service/http/metrics_text.h"

namespace modelport {

namespace {

using Type = MetricsText::Type;

void add_jobs(const BackendMetrics& metrics, MetricsText& out) {
  out.single("modelport_database_up", Type::kGauge, "Whether the job database answered for this scrape.",
             metrics.jobs ? 1 : 0);
  out.single("modelport_database_response_seconds", Type::kGauge, "How long it took to answer, or not to.",
             metrics.database_seconds);
  if (metrics.jobs) {
    out.family("modelport_jobs", Type::kGauge, "Jobs that are known, by status.");
    for (const JobStatusInfo& row : job_status_table())
      out.sample("modelport_jobs", {{"status", row.name}},
                 static_cast<double>(metrics.jobs->by_status[static_cast<size_t>(row.status)]));
    out.single("modelport_oldest_pending_job_age_seconds", Type::kGauge,
               "Since the oldest pending job was accepted; 0 without one.", metrics.oldest_pending_seconds);
  }
  if (metrics.deliveries) {
    out.family("modelport_webhook_deliveries", Type::kGauge, "Webhook messages that wait or were given up.");
    out.sample("modelport_webhook_deliveries", {{"state", "pending"}},
               static_cast<double>(metrics.deliveries->pending));
    out.sample("modelport_webhook_deliveries", {{"state", "dead"}}, static_cast<double>(metrics.deliveries->dead));
  }
}

void add_attempts(const BackendMetrics& metrics, MetricsText& out) {
  using End = AttemptReport::End;
  const AttemptTotals& attempts = metrics.attempts;
  const auto count = [&](std::string_view name, std::string_view help, int64_t value) {
    out.single(name, Type::kCounter, help, static_cast<double>(value));
  };
  out.single("modelport_running_exporters", Type::kGauge, "Exporter processes that run now.",
             metrics.running_exporters);
  count("modelport_jobs_accepted_total", "Jobs accepted since the start.", metrics.accepted);
  count("modelport_jobs_completed_total", "Jobs completed here since the start.", attempts.of(End::kCompleted));
  count("modelport_jobs_failed_total", "Jobs failed here since the start.", attempts.of(End::kFailed));
  count("modelport_jobs_cancelled_total", "Jobs cancelled here since the start.", attempts.of(End::kCancelled));
  count("modelport_cache_hits_total", "Jobs that an earlier artifact answered.", attempts.from_cache);
  out.family("modelport_attempts_total", Type::kCounter, "Attempts at jobs that ended here, by how.");
  for (const auto& [end, name] : {std::pair{End::kCompleted, "completed"},
                                  {End::kFailed, "failed"},
                                  {End::kCancelled, "cancelled"},
                                  {End::kRequeued, "requeued"},
                                  {End::kLost, "lost"}})
    out.sample("modelport_attempts_total", {{"end", name}}, static_cast<double>(attempts.of(end)));
  out.family("modelport_exporter_seconds", Type::kHistogram, "How long exporters ran.");
  out.histogram("modelport_exporter_seconds", {}, attempts.exporter_seconds);
  out.family("modelport_job_overhead_seconds", Type::kHistogram, "What completed attempts took beside their exporter.");
  out.histogram("modelport_job_overhead_seconds", {}, attempts.overhead_seconds);
  out.family("modelport_webhook_attempts_total", Type::kCounter, "Messages sent by this process, by what came of it.");
  for (const auto& [result, value] : {std::pair{"delivered", metrics.webhooks.delivered},
                                      {"failed", metrics.webhooks.failed},
                                      {"given_up", metrics.webhooks.given_up}})
    out.sample("modelport_webhook_attempts_total", {{"result", result}}, static_cast<double>(value));
}

void add_environment(const BackendMetrics& metrics, MetricsText& out) {
  out.family("modelport_artifact_store_errors_total", Type::kCounter, "Calls that the artifact store failed.");
  for (const StoreOperation& each : metrics.store)
    out.sample("modelport_artifact_store_errors_total", {{"operation", each.name}}, static_cast<double>(each.failures));
  out.family("modelport_artifact_store_seconds", Type::kHistogram, "How long the artifact store took.");
  for (const StoreOperation& each : metrics.store)
    out.histogram("modelport_artifact_store_seconds", {{"operation", each.name}}, each.seconds);
  out.family("modelport_framework_usable", Type::kGauge, "Whether a framework's exporter can be used: 1 or 0.");
  for (const BackendMetrics::Framework& each : metrics.frameworks)
    out.sample("modelport_framework_usable", {{"framework", each.name}}, each.is_usable ? 1 : 0);
  if (metrics.workers)
    out.single("modelport_workers", Type::kGauge, "Workers that were heard of.", static_cast<double>(*metrics.workers));
  if (metrics.data_free_bytes)
    out.single("modelport_data_directory_free_bytes", Type::kGauge, "Free where the data directory lies.",
               static_cast<double>(*metrics.data_free_bytes));
  out.family("modelport_build_info", Type::kGauge, "The version, always 1.");
  out.sample("modelport_build_info", {{"version", MODELPORT_VERSION}}, 1);
}

void add_process(MetricsText& out) {
  const ProcessMetrics process = process_metrics();
  out.single("process_cpu_seconds_total", Type::kCounter, "User and system time of this process.", process.cpu_seconds);
  out.single("process_resident_memory_bytes", Type::kGauge, "Resident memory.", process.resident_bytes);
  out.single("process_open_fds", Type::kGauge, "Open file descriptors.", process.open_descriptors);
  out.single("process_max_fds", Type::kGauge, "Most open file descriptors.", process.most_descriptors);
  out.single("process_start_time_seconds", Type::kGauge, "When it started, since 1970.", process.started_at);
}

}  // namespace

ApiAnswer get_health(Api&, const HttpRequest&) {
  return json_answer({{"status", "ok"}, {"version", MODELPORT_VERSION}});
}

ApiAnswer get_readiness(Api& api, const HttpRequest&) {
  bool ready = true;
  Json checks = Json::array();
  for (const ReadinessCheck& check : api.backend.readiness()) {
    ready = ready && check.is_ready;
    checks.push_back({{"name", check.name},
                      {"ready", check.is_ready},
                      {"code", check.code.empty() ? Json() : Json(check.code)},
                      {"detail", printable(check.detail)}});
  }
  return json_answer({{"ready", ready}, {"checks", std::move(checks)}}, ready ? 200 : 503);
}

ApiAnswer get_metrics(Api& api, const HttpRequest&) {
  const BackendMetrics metrics = api.backend.metrics();
  MetricsText out;
  add_jobs(metrics, out);
  add_attempts(metrics, out);
  add_environment(metrics, out);
  add_process(out);
  return text_response(200, "text/plain; version=0.0.4; charset=utf-8", out.take() + api.metrics.text());
}

}  // namespace modelport
