#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/histogram.h"
#include "service/artifacts/metered_artifact_store.h"
#include "service/jobs/delivery_store.h"
#include "service/jobs/job_store.h"
#include "service/run/attempt.h"
#include "service/webhooks/webhook_sender.h"

namespace modelport {

/// What came of the attempts of this process.
struct AttemptTotals {
  std::array<int64_t, 5> by_end{};  ///< In the order of AttemptReport::End.
  int64_t from_cache = 0;
  Histogram::Counts exporter_seconds, overhead_seconds;

  int64_t of(AttemptReport::End end) const { return by_end[static_cast<size_t>(end)]; }
};

/// What /metrics tells. Those of the database are absent while it does not answer.
struct BackendMetrics {
  std::optional<JobCounts> jobs;
  double oldest_pending_seconds = 0;  ///< 0 where none waits.
  std::optional<DeliveryCounts> deliveries;
  double database_seconds = 0;  ///< What the questions for these took.

  int running_exporters = 0;
  int64_t accepted = 0;  ///< Since this process started, as all totals.
  AttemptTotals attempts;
  WebhookTotals webhooks;
  std::vector<StoreOperation> store;

  struct Framework {
    std::string name;
    bool is_usable = false;
  };
  std::vector<Framework> frameworks;
  std::optional<size_t> workers;           ///< Of a service of role kApi: heard of within a lease.
  std::optional<int64_t> data_free_bytes;  ///< Of the file system of the data directory.
};

}  // namespace modelport
