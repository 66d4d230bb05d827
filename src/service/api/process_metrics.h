#pragma once

namespace modelport {

/// This process as the kernel counts it, under the names that Prometheus' own clients use.
struct ProcessMetrics {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double open_descriptors = 0;
  double most_descriptors = 0;
  double started_at = 0;  ///< Seconds since 1970.
};
ProcessMetrics process_metrics();

}  // namespace modelport
