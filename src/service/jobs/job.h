#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/json.h"
#include "service/jobs/clock.h"
#include "service/jobs/job_state.h"

namespace modelport {

/// What a person asks for.
struct JobRequest {
  std::string framework;
  std::string export_format;
  std::string checkpoint_name;  ///< What who asks calls the checkpoint; empty: what the upload is called then.
  std::string checkpoint_id;    ///< Of an uploaded checkpoint; or
  std::string checkpoint_path;  ///< a path under the configured roots. Exactly one of the two is set.
  Json export_config = Json::object();
  std::string training_job_id;  ///< Empty: the export belongs to no training.
  std::string version_tag;      ///< The user's own name of the version.
  std::string webhook_url;
  /// Takes its training's default of the format from a lower version when it completes, unless a person chose another
  /// one after this was asked for.
  bool set_as_default = false;
  bool force = false;  ///< Run the exporter even where the same artifact is stored.
};

/// Why a job failed.
struct JobError {
  FailureCode code = FailureCode::kInternal;
  std::string message;  ///< The sentence a person needs, made printable.
  std::optional<JobPhase> phase;
  std::optional<int> exit_code;
  int signal = 0;
};

/// What a successful export left in the store.
struct StoredArtifact {
  std::string key;  ///< Immutable; Job::export_path.
  std::string sha256;
  int64_t bytes = 0;
};

/// One export, as `GET /export/jobs/{id}` tells it.
struct Job {
  std::string id;  ///< "job_" and 26 characters that no one can guess.
  JobRequest request;
  std::string task_type;      ///< Known once the metadata is.
  std::string model_name;     ///< Likewise.
  std::string checkpoint_id;  ///< sha256 of the checkpoint; of a path only known once an attempt has read it.
  /// Of a training's checkpoint: every export of it has the same one. From 1, in the order in which the training's
  /// checkpoints came, and never given to another; 0 without a training. Of a checkpoint that is named by its path the
  /// content settles it, once an attempt has read that.
  int64_t version = 0;
  bool is_default = false;  ///< Of its training and format.

  JobStatus status = JobStatus::kPending;
  std::optional<JobPhase> phase;  ///< The last one reached.
  double progress = 0;            ///< 0 to 1.
  bool cancel_requested = false;
  std::optional<JobError> error;

  Json export_results;  ///< metadata.json; null until completed.
  std::optional<StoredArtifact> artifact;
  std::optional<bool> validation_passed;
  std::string proof;             ///< The level that the service itself found; empty until completed.
  Json proof_document;           ///< OutputProof::document; null until completed, and where nobody judged it.
  bool from_cache = false;       ///< The stored artifact of an earlier, equal export,
  std::string reused_from;       ///< which this job made.
  std::string exporter_version;  ///< "modelport-ultralytics 0.2.0"
  std::string sandbox;           ///< Level that was reached: "process" or "bubblewrap".

  int attempt = 0;        ///< Attempts begun; the fencing token of the present one.
  int max_attempts = 3;   ///< Of those that exporter or machine failed.
  int interruptions = 0;  ///< Attempts that ended because the service did; they are none of max_attempts.
  std::string worker;     ///< Who runs it, or ran it last.
  std::string retry_of;   ///< The job that this one repeats.

  Timestamp created_at;
  std::optional<Timestamp> started_at;  ///< Of the last attempt.
  std::optional<Timestamp> completed_at;
};

/// One line of a job's history.
struct JobEvent {
  int64_t id = 0;  ///< Rises over all jobs.
  std::string job_id;
  Timestamp at;
  std::string type;  ///< "created", "started", "phase", "cancel_requested", "requeued", "completed", "failed", ...
  Json data = Json::object();
};

}  // namespace modelport
