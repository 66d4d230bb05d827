#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "process/process_tree.h"
#include "service/jobs/change_feed.h"
#include "service/jobs/delivery_store.h"
#include "service/jobs/job.h"
#include "service/jobs/signing_key.h"

namespace modelport {

/// A job to be accepted.
struct NewJob {
  JobRequest request;
  int max_attempts = 3;
  std::string retry_of;
  /// Empty: none. Of the same key, a second call with the same request gives the first one's job again.
  std::string idempotency_key;
};
struct JobCreation {
  Job job;
  enum class Outcome {
    kCreated,
    kReplayed,   ///< The key was used for the same request; `job` is as it is now.
    kKeyReused,  ///< The key was used for another request, whose job this is.
  } outcome = Outcome::kCreated;
};

/// Which jobs of a list; empty members let everything through.
struct JobFilter {
  std::optional<JobStatus> status;
  std::string framework;
  std::string export_format;
  std::string task_type;
  std::string training_job_id;
  std::string checkpoint_id;
  std::optional<Timestamp> created_after, created_before;
};
struct JobPage {
  std::vector<Job> jobs;    ///< Newest first.
  std::string next_cursor;  ///< Empty on the last page.
};

/// The right to change a running job: of this attempt alone. Every update that carries it is refused (kConflict) once
/// the job was given to another attempt, finished or cancelled.
struct JobLease {
  std::string job_id;
  int token = 0;  ///< The attempt's number.
};
struct ClaimedJob {
  Job job;
  JobLease lease;
};

/// An attempt that is recorded as running, for recovery.
struct RunningAttempt {
  JobLease lease;
  std::string worker;
  std::optional<ProcessIdentity> process;
  Timestamp lease_expires;
};

/// What a successful attempt leaves.
struct Completion {
  StoredArtifact artifact;
  Json metadata;
  std::string task_type, model_name, proof, exporter_version;
  std::string cache_key;  ///< Under which find_cached() finds this artifact; empty: not at all.
  bool from_cache = false;
  Json proof_document;
  std::string reused_from;  ///< The job that made the artifact, where it is from the cache.
  std::string trainer;      ///< Fingerprint of the trainer that wrote it, for has_completed(); empty: of nobody.
};
/// Why an attempt is given up.
enum class AbandonedBy {
  kFailure,  ///< Exporter or machine failed: it is one of Job::max_attempts.
  kRestart,  ///< The service ended, or was not heard of: it counts apart, and kMostInterruptions of them are allowed.
};
inline constexpr int kMostInterruptions = 20;

enum class LeaseState { kHeld, kCancelRequested };

/// Why a format is marked unavailable for a framework, beyond what the exporter says of itself.
struct AvailabilityOverride {
  std::string framework, export_format;
  std::string reason;  ///< The exporter's sentence.
  Timestamp since;
  std::string job_id;   ///< Whose run showed it.
  std::string trainer;  ///< Fingerprint of the trainer then; an override of another one no longer counts.
};

/// How many jobs there are, for /metrics.
struct JobCounts {
  int64_t by_status[5] = {};
};

/// Everything that is known of jobs, durable: what create(), cancel() of a pending job and finish_*() return for is on
/// the disk. Terminal states never change. Safe from any thread; calls block. Errors: kNotFound for an unknown job,
/// kConflict for what its state or the lease does not allow, kUnwritable when the database does not take it.
class JobStore {
 public:
  virtual ~JobStore() = default;

  virtual Result<JobCreation> create(const NewJob& job) = 0;
  /// What create() would answer from before, because of the idempotency key; nothing where it would make a job.
  virtual Result<std::optional<JobCreation>> find_creation(const NewJob& job) = 0;
  virtual Result<Job> find(std::string_view id) = 0;
  /// `limit` is 1 to 200; kInvalidArgument for a cursor that is none.
  virtual Result<JobPage> list(const JobFilter& filter, const std::string& cursor, int limit) = 0;

  /// The oldest pending job of these frameworks becomes running, with the next token and a lease that ends after
  /// `lease` without renewal. Nothing where there is none.
  virtual Result<std::optional<ClaimedJob>> claim(const std::string& worker, std::span<const std::string> frameworks,
                                                  std::chrono::seconds lease) = 0;
  virtual Result<LeaseState> renew(const JobLease& lease, std::chrono::seconds duration) = 0;
  virtual Status advance(const JobLease& lease, JobPhase phase, double progress) = 0;
  /// What the attempt learnt of its checkpoint, which settles its version, and its sandbox.
  virtual Status describe(const JobLease& lease, const std::string& checkpoint_id, const std::string& sandbox) = 0;
  virtual Status record_process(const JobLease& lease, const ProcessIdentity& process) = 0;
  /// One transaction: the result, the training's default of the format (JobRequest::set_as_default; the first that
  /// completes takes it unasked), the event.
  virtual Status finish_completed(const JobLease& lease, const Completion& completion) = 0;
  virtual Status finish_failed(const JobLease& lease, const JobError& error) = 0;
  virtual Status finish_cancelled(const JobLease& lease) = 0;
  /// The attempt is over without an end: pending again, or failed with `error` when it was the last one allowed (or
  /// cancelled, when that was asked for).
  virtual Status abandon(const JobLease& lease, const JobError& error, AbandonedBy by = AbandonedBy::kFailure) = 0;
  virtual Result<std::vector<RunningAttempt>> running_attempts() = 0;
  /// abandon() by kRestart for attempts whose lease ran out, at most `limit` of them; gives those. Until then such a
  /// lease is good: a worker that was cut off from the database for a while loses nothing unless its job was taken
  /// away.
  virtual Result<std::vector<JobLease>> reclaim_expired(const JobError& error, int limit) = 0;

  /// A pending job is cancelled at once, a running one is asked to end. A terminal one is left (kConflict).
  virtual Result<Job> cancel(std::string_view id) = 0;
  /// kConflict while it is active. Gives the job as it was. An artifact that no other job points at is marked for
  /// deletion from then on.
  virtual Result<Job> remove(std::string_view id) = 0;
  /// kConflict unless it is completed and belongs to a training. A person's choice: what was asked for before it takes
  /// the default from it no more.
  virtual Result<Job> set_default(std::string_view id) = 0;
  /// The default of a training and format; kNotFound where there is none.
  virtual Result<Job> find_default(const std::string& training, const std::string& export_format) = 0;
  /// Of a version's completed exports to this format the one that was accepted last; kNotFound.
  virtual Result<Job> find_version(const std::string& training, int64_t version, const std::string& export_format) = 0;

  /// Events of one job ("" is all) with an id above `after`, oldest first.
  virtual Result<std::vector<JobEvent>> events(std::string_view job_id, int64_t after, int limit) = 0;

  /// The newest completed job whose Completion had this cache key and whose artifact is not removed.
  virtual Result<std::optional<Job>> find_cached(std::string_view cache_key) = 0;
  /// Before an artifact is stored: it is marked for deletion until a job completes with it.
  virtual Status mark_for_deletion(std::string_view key) = 0;
  /// Keys of artifacts without a job (of mark_for_deletion() and of remove()), for whoever removes them from the store
  /// and then forgets them. Those of running attempts are among them.
  virtual Result<std::vector<std::string>> artifacts_pending_deletion(int limit) = 0;
  virtual Status clear_deletion_mark(std::string_view key) = 0;
  /// Bytes of all artifacts that jobs point at, each counted once.
  virtual Result<int64_t> artifact_bytes() = 0;
  /// Whether a job that still exists points at this artifact.
  virtual Result<bool> refers_to(std::string_view artifact_key) = 0;
  /// Whether a job that still exists needs this checkpoint.
  virtual Result<bool> uses_checkpoint(std::string_view checkpoint_id) = 0;
  /// Terminal jobs that ended longer ago than this and are no training's default, oldest first.
  virtual Result<std::vector<Job>> expired(std::chrono::microseconds age, int limit) = 0;
  /// Completed jobs that are no training's default, oldest first.
  virtual Result<std::vector<Job>> oldest_results(int limit) = 0;

  /// Whether an export of this format ever completed with this trainer, by its fingerprint; also where it was removed.
  virtual Result<bool> has_completed(std::string_view framework, std::string_view export_format,
                                     std::string_view trainer) = 0;
  virtual Status override_availability(const AvailabilityOverride& entry) = 0;
  /// Empty format: every override of the framework.
  virtual Status clear_availability_overrides(std::string_view framework, std::string_view export_format) = 0;
  virtual Result<std::vector<AvailabilityOverride>> availability_overrides() = 0;

  /// Newest first, at least one: where there is none younger than `age`, one is made; what is older than twice that is
  /// forgotten then.
  virtual Result<std::vector<SigningKey>> signing_keys(std::chrono::seconds age) = 0;

  virtual Result<JobCounts> counts() = 0;
  /// For how long the oldest pending job has waited since it was accepted; nothing where none waits.
  virtual Result<std::optional<std::chrono::microseconds>> longest_wait() = 0;
  /// Whether the database answers and can be written.
  virtual Status check() = 0;

  /// Topics are ids of jobs; a wake-up follows every committed change.
  virtual ChangeFeed& changes() = 0;

  /// What is to be told of jobs by webhook, recorded in the transaction of the change that it tells.
  virtual DeliveryStore& deliveries() = 0;
};

}  // namespace modelport
