#pragma once

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

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
  static constexpr std::array<double, 8> kBounds = {0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60};
  struct Series {
    std::array<uint64_t, kBounds.size() + 1> buckets{};
    double sum = 0;
  };
  mutable std::mutex mutex_;
  std::map<std::tuple<std::string, std::string, int>, uint64_t> requests_;
  std::map<std::string, Series> seconds_;
  std::atomic<int64_t> connections_ = 0;
  std::atomic<int64_t> streams_ = 0;
};

}  // namespace modelport
