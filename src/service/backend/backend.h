#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "service/artifacts/artifact_store.h"
#include "service/backend/artifact_prediction.h"
#include "service/backend/backend_metrics.h"
#include "service/backend/capabilities.h"
#include "service/backend/readiness.h"
#include "service/checkpoints/checkpoint_store.h"
#include "service/config/service_config.h"
#include "service/jobs/job_store.h"
#include "service/logs/log_store.h"

namespace modelport {

enum class CancelMode {
  kGraceful,  ///< SIGTERM, and SIGKILL after the trainer's grace.
  kForce,     ///< SIGKILL.
};

/// The export service without its HTTP: takes jobs, runs exporters, keeps results. Safe from any thread; calls may
/// block on the disk, so that an event loop makes them on other threads.
class Backend {
 public:
  /// Opens (or makes) the data directory, ends what an earlier process left, takes its jobs up again and begins to
  /// work. Results lie in `artifacts`, or in the data directory where that is null. kBusy when another process holds
  /// the directory.
  /// A checkpoint_path may be a URL where there is a `source` for such.
  static Result<std::unique_ptr<Backend>> start(ServiceConfig config,
                                                std::unique_ptr<ArtifactStore> artifacts = nullptr,
                                                std::unique_ptr<CheckpointSource> source = nullptr);
  /// Shuts down with no grace if shutdown() was not called.
  ~Backend();

  /// Accepts a job, durably. Errors name the field: kInvalidArgument (an unknown framework or format, with the valid
  /// ones in the hint; both or none of checkpoint_id and checkpoint_path), kUnsupportedFormat (known but unavailable,
  /// with the reason), kNotFound (checkpoint), kBusy (too many pending).
  /// A webhook_url that may not be called is kInvalidArgument too.
  Result<JobCreation> submit(const JobRequest& request, const std::string& idempotency_key);
  /// Whether a job may have this webhook_url (empty: none), as far as can be told without asking DNS: kInvalidArgument
  /// with the reason, which repeats nothing of it.
  Status check_webhook_url(const std::string& url) const;
  Result<Job> cancel(std::string_view id, CancelMode mode);
  /// A failed or cancelled job once more, as a new job with the same request; kConflict for others.
  Result<JobCreation> retry(std::string_view id, const std::string& idempotency_key);
  /// With log and artifact (unless another job shares it); kConflict while active.
  Status remove(std::string_view id);
  Result<Job> set_default(std::string_view id);

  /// As of now, overrides included.
  std::vector<FrameworkCapability> capabilities();
  /// An upload that no job is waiting for or working on; kNotFound, kConflict. Finished jobs keep their results.
  Status remove_checkpoint(const std::string& id);
  /// A format that a run showed to be unavailable may be asked for again. kNotFound for an unknown framework.
  Status clear_override(const std::string& framework, const std::string& export_format);
  /// What `modelport inspect --json` says of a checkpoint, from a child with limits; kept per id.
  Result<Json> inspect_checkpoint(const std::string& id);

  /// What finished exports see on pictures.
  ArtifactPrediction& predictions();

  JobStore& jobs();
  LogStore& logs();
  ArtifactStore& artifacts();
  CheckpointStore& checkpoints();

  /// Takes max_attempts, max_pending_jobs, retention, quota and webhooks from `wanted`; all else of it stays as it was
  /// at the start. Reads the trainers' file again, asks for capabilities anew and clears the overrides. Running jobs go
  /// on as they began; those of a framework that nobody takes any more wait.
  Status reload(const ServiceConfig& wanted);
  std::vector<ReadinessCheck> readiness();
  BackendMetrics metrics();

  /// No further job begins; running ones may end within `grace`, then they are ended and pending again for the next
  /// start.
  void shutdown(std::chrono::seconds grace);

 private:
  class State;
  explicit Backend(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace modelport
