#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/backend/backend_metrics.h"
#include "service/backend/trainer_registry.h"
#include "service/run/attempt.h"

namespace modelport {

struct LeaseRules {
  std::chrono::seconds length{60};
  /// What becomes of an attempt whose lease could not be renewed for most of its length.
  enum class OnLeaseLost {
    kContinue,  ///< Nobody else can take its job.
    kStop,      ///< It is ended before another worker begins.
  } on_lost = OnLeaseLost::kContinue;
};

/// Claims jobs as trainers have room and runs each attempt on a thread of its own.
class Scheduler {
 public:
  Scheduler(AttemptEnvironment& environment, const TrainerRegistry& trainers, std::string worker,
            LeaseRules lease = {});
  /// Ends everything at once if shutdown() was not called.
  ~Scheduler();

  /// There may be something to claim.
  void wake();
  /// Ends the attempt of a running job; nothing happens where it is not run here.
  void stop(const std::string& job_id, StopOrder how);
  /// Prolongs the leases of all attempts and hears of cancellations.
  void renew_leases();
  /// Whether an attempt at this job is under way here.
  bool runs(std::string_view job_id) const;
  /// Attempts under way, by attempt_name.
  std::set<std::string> active() const;
  AttemptTotals totals() const;
  /// Claims nothing more; attempts may end within `grace`, then they are ended and their jobs pending again.
  void shutdown(std::chrono::seconds grace);

 private:
  struct Active {
    ClaimedJob claimed;
    TrainerRegistry::Trainer trainer;
    AttemptControl control;
    std::thread thread;
    std::chrono::steady_clock::time_point renewed;  ///< Before the lease was last asked for.
  };

  void dispatch();
  /// Of trainers that have room.
  std::vector<std::string> free_frameworks() const;
  bool start_one();
  void run(const std::shared_ptr<Active>& active);
  void note(const AttemptReport& report);
  void join_ended();

  AttemptEnvironment& environment_;
  const TrainerRegistry& trainers_;
  const std::string worker_;
  const LeaseRules lease_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool has_news_ = true;
  bool is_ending_ = false;
  std::map<std::string, std::shared_ptr<Active>, std::less<>> active_;  ///< By job.
  std::vector<std::thread> ended_;
  AttemptTotals totals_;  ///< Without the durations.
  Histogram exporter_seconds_{{0.1, 1, 10, 60, 300, 1800, 7200}};
  Histogram overhead_seconds_{{0.01, 0.03, 0.1, 0.3, 1, 10, 60}};
  std::thread dispatcher_;
};

}  // namespace modelport
