#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "base/histogram.h"

namespace modelport {

/// What the HTTP server counts. Safe from any thread.
class HttpMetrics {
 public:
  /// One request that was answered; `route` is its row's path ("/export/jobs/{id}"), so that the number of series is
  /// bounded, "" where no route took it.
  void record(std::string_view method, std::string_view route, int status, double seconds);
  void connection_opened() { ++connections_; }
  void connection_closed() { --connections_; }
  void stream_opened() { ++streams_; }
  void stream_closed() { --streams_; }

  /// In Prometheus' text exposition format, version 0.0.4.
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, uint64_t> requests_;
  std::map<std::string, Histogram> seconds_;  ///< By route.
  std::atomic<int64_t> connections_ = 0;
  std::atomic<int64_t> streams_ = 0;
};

}  // namespace modelport
