#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/json.h"
#include "service/jobs/postgres_pool.h"

namespace modelport {

/// A process that runs jobs, as it says itself.
struct WorkerRow {
  std::string name;
  std::string listens_at;  ///< "127.0.0.1:8081"; empty: nowhere.
  std::string program_version;
  Json trainers;  ///< Frameworks, capabilities and versions (backend/trainer_record.h).
};

/// Who works on the jobs of a PostgreSQL database that a PostgresJobStore made. Safe from any thread.
class WorkerRegistry {
 public:
  explicit WorkerRegistry(PostgresConfig config);

  /// It is there and says this of itself; again at every heartbeat.
  Status heartbeat(const WorkerRow& worker);
  Status deregister(const std::string& name);
  /// Who was heard of within `timeout` by the server's clock; who started last comes first.
  Result<std::vector<WorkerRow>> live_workers(std::chrono::seconds timeout);

 private:
  PostgresPool pool_;
};

}  // namespace modelport
