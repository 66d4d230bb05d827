#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "service/jobs/job_store.h"
#include "service/jobs/postgres_delivery_store.h"
#include "service/jobs/postgres_pool.h"

namespace modelport {

/// JobStore in PostgreSQL, for any number of processes. Time is the server's alone. An attempt's end that is told
/// twice (an answer was lost with its connection) is taken once and answered well twice. Wake-ups come by LISTEN, and
/// every second without it as well, so that a lost one costs a second. Calls fail with kUnavailable after some seconds
/// while the server is away, and work again by themselves when it is back.
class PostgresJobStore final : public JobStore {
 public:
  /// Makes or migrates the schema.
  static Result<std::unique_ptr<PostgresJobStore>> open(const PostgresConfig& config);
  ~PostgresJobStore() override;

  Result<JobCreation> create(const NewJob& job) override;
  Result<std::optional<JobCreation>> find_creation(const NewJob& job) override;
  Result<Job> find(std::string_view id) override;
  Result<JobPage> list(const JobFilter& filter, const std::string& cursor, int limit) override;

  Result<std::optional<ClaimedJob>> claim(const std::string& worker, std::span<const std::string> frameworks,
                                          std::chrono::seconds lease) override;
  Result<LeaseState> renew(const JobLease& lease, std::chrono::seconds duration) override;
  Status advance(const JobLease& lease, JobPhase phase, double progress) override;
  Status describe(const JobLease& lease, const std::string& checkpoint_id, const std::string& sandbox) override;
  Status record_process(const JobLease& lease, const ProcessIdentity& process) override;
  Status finish_completed(const JobLease& lease, const Completion& completion) override;
  Status finish_failed(const JobLease& lease, const JobError& error) override;
  Status finish_cancelled(const JobLease& lease) override;
  Status abandon(const JobLease& lease, const JobError& error, AbandonedBy by) override;
  Result<std::vector<RunningAttempt>> running_attempts() override;
  Result<std::vector<JobLease>> reclaim_expired(const JobError& error, int limit) override;

  Result<Job> cancel(std::string_view id) override;
  Result<Job> remove(std::string_view id) override;
  Result<Job> set_default(std::string_view id) override;
  Result<Job> find_default(const std::string& training, const std::string& export_format) override;
  Result<Job> find_version(const std::string& training, int64_t version, const std::string& export_format) override;

  Result<std::vector<JobEvent>> events(std::string_view job_id, int64_t after, int limit) override;
  Result<std::optional<Job>> find_cached(std::string_view cache_key) override;
  Result<std::vector<std::string>> artifacts_pending_deletion(int limit) override;
  Status mark_for_deletion(std::string_view key) override;
  Status clear_deletion_mark(std::string_view key) override;
  Result<int64_t> artifact_bytes() override;
  Result<bool> refers_to(std::string_view artifact_key) override;
  Result<bool> uses_checkpoint(std::string_view checkpoint_id) override;
  Result<std::vector<Job>> expired(std::chrono::microseconds age, int limit) override;
  Result<std::vector<Job>> oldest_results(int limit) override;

  Result<bool> has_completed(std::string_view framework, std::string_view export_format,
                             std::string_view trainer) override;
  Status override_availability(const AvailabilityOverride& entry) override;
  Status clear_availability_overrides(std::string_view framework, std::string_view export_format) override;
  Result<std::vector<AvailabilityOverride>> availability_overrides() override;

  Result<std::vector<SigningKey>> signing_keys(std::chrono::seconds age) override;
  Result<JobCounts> counts() override;
  Result<std::optional<std::chrono::microseconds>> longest_wait() override;
  Status check() override;
  ChangeFeed& changes() override { return changes_; }
  DeliveryStore& deliveries() override { return deliveries_; }

 private:
  explicit PostgresJobStore(const PostgresConfig& config) : config_(config), pool_(config) {}
  /// Commits the change and wakes who follows what it changed.
  Status write(PostgresPool::Durability durability, const PostgresPool::Change& change);
  /// Hears what other processes changed, until the store is destroyed.
  void listen();

  const PostgresConfig config_;
  ChangeFeed changes_;
  PostgresPool pool_;
  PostgresDeliveryStore deliveries_{pool_, changes_};
  std::atomic<bool> is_ending_ = false;
  std::thread listener_;
};

}  // namespace modelport
