#include "service/http/metrics.h"

#include "service/http/metrics_text.h"

namespace modelport {

namespace {

const std::vector<double> kRequestSeconds = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60};

}  // namespace

void HttpMetrics::record(std::string_view method, std::string_view route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(method), std::string(route), status}];
  seconds_.try_emplace(std::string(route), kRequestSeconds).first->second.observe(seconds);
}

std::string HttpMetrics::text() const {
  using Type = MetricsText::Type;
  const std::lock_guard lock(mutex_);
  MetricsText out;
  out.single("modelport_http_connections", Type::kGauge, "Open connections.", static_cast<double>(connections_.load()));
  out.single("modelport_http_event_streams", Type::kGauge, "Clients that follow events.",
             static_cast<double>(streams_.load()));
  out.family("modelport_http_requests_total", Type::kCounter, "Requests answered.");
  for (const auto& [key, count] : requests_) {
    const auto& [method, route, status] = key;
    out.sample("modelport_http_requests_total",
               {{"method", method}, {"route", route}, {"status", std::to_string(status)}}, static_cast<double>(count));
  }
  constexpr std::string_view kSeconds = "modelport_http_request_seconds";
  out.family(kSeconds, Type::kHistogram, "From a request's head to its answer's last byte.");
  for (const auto& [route, seconds] : seconds_) out.histogram(kSeconds, {{"route", route}}, seconds.counts());
  return out.take();
}

}  // namespace modelport
