#include <iterator>

#include "base/printable.h"
#include "service/api/handlers.h"

namespace modelport {

namespace {

/// One metric without labels, or the head of one with them.
void describe(std::string& out, std::string_view name, std::string_view type, std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void add(std::string& out, std::string_view name, std::string_view type, std::string_view help, int64_t value) {
  describe(out, name, type, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

std::string backend_text(const BackendFigures& figures) {
  std::string out;
  describe(out, "modelport_jobs", "gauge", "Jobs that are known, by status.");
  for (const JobStatusInfo& row : job_status_table())
    fmt::format_to(std::back_inserter(out), "modelport_jobs{{status=\"{}\"}} {}\n", row.name,
                   figures.jobs.by_status[static_cast<size_t>(row.status)]);
  add(out, "modelport_running_exporters", "gauge", "Exporter processes that run now.", figures.running_exporters);
  add(out, "modelport_jobs_accepted_total", "counter", "Jobs accepted since the start.", figures.accepted_total);
  add(out, "modelport_jobs_completed_total", "counter", "Jobs completed since the start.", figures.completed_total);
  add(out, "modelport_jobs_failed_total", "counter", "Jobs failed since the start.", figures.failed_total);
  add(out, "modelport_jobs_cancelled_total", "counter", "Jobs cancelled since the start.", figures.cancelled_total);
  add(out, "modelport_cache_hits_total", "counter", "Jobs that an earlier artifact answered.",
      figures.cache_hits_total);
  return out;
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
    checks.push_back({{"name", check.name}, {"ready", check.is_ready}, {"detail", printable(check.detail)}});
  }
  return json_answer({{"ready", ready}, {"checks", std::move(checks)}}, ready ? 200 : 503);
}

ApiAnswer get_metrics(Api& api, const HttpRequest&) {
  return text_response(200, "text/plain; version=0.0.4; charset=utf-8",
                       backend_text(api.backend.figures()) + api.metrics.text());
}

}  // namespace modelport
