#include "service/http/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace modelport {

void HttpMetrics::record(std::string_view method, std::string_view route, int status, double seconds) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(method), std::string(route), status}];
  Series& series = seconds_[std::string(route)];
  const auto* bound = std::ranges::lower_bound(kBounds, seconds);
  ++series.buckets[static_cast<size_t>(bound - kBounds.begin())];
  series.sum += seconds;
}

std::string HttpMetrics::text() const {
  const std::lock_guard lock(mutex_);
  std::string out;
  const auto line = [&out](const auto& format, const auto&... values) {
    fmt::format_to(std::back_inserter(out), fmt::runtime(format), values...);
  };
  line("# HELP modelport_http_connections Open connections.\n# TYPE modelport_http_connections gauge\n");
  line("modelport_http_connections {}\n", connections_.load());
  line("# HELP modelport_http_event_streams Clients that follow events.\n# TYPE modelport_http_event_streams gauge\n");
  line("modelport_http_event_streams {}\n", streams_.load());
  line("# HELP modelport_http_requests_total Requests answered.\n# TYPE modelport_http_requests_total counter\n");
  for (const auto& [key, count] : requests_) {
    const auto& [method, route, status] = key;
    line("modelport_http_requests_total{{method=\"{}\",route=\"{}\",status=\"{}\"}} {}\n", method, route, status,
         count);
  }
  line(
      "# HELP modelport_http_request_seconds From a request's head to its answer's last byte.\n"
      "# TYPE modelport_http_request_seconds histogram\n");
  for (const auto& [route, series] : seconds_) {
    uint64_t count = 0;
    for (size_t i = 0; i < kBounds.size(); ++i) {
      count += series.buckets[i];
      line("modelport_http_request_seconds_bucket{{route=\"{}\",le=\"{}\"}} {}\n", route, kBounds[i], count);
    }
    count += series.buckets.back();
    line("modelport_http_request_seconds_bucket{{route=\"{}\",le=\"+Inf\"}} {}\n", route, count);
    line("modelport_http_request_seconds_sum{{route=\"{}\"}} {}\n", route, series.sum);
    line("modelport_http_request_seconds_count{{route=\"{}\"}} {}\n", route, count);
  }
  return out;
}

}  // namespace modelport
