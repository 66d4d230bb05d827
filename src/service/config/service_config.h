#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "service/config/trainer_config.h"
#include "service/config/webhook_config.h"

namespace modelport {

/// What the Backend's core is told; of HTTP it knows nothing.
struct ServiceConfig {
  std::string data_directory;  ///< Database, logs, uploads, artifacts, work directories. Held by one process.
  std::vector<std::string> checkpoint_roots;    ///< Directories that checkpoint_path may point into.
  std::vector<std::string> checkpoint_sources;  ///< "s3://BUCKET/PREFIX" that checkpoint_path may point into.
  std::vector<TrainerConfig> trainers;
  /// File that reload() reads the trainers from again; empty: they stay.
  std::string trainers_file;
  /// The start and a reload wait so long for exporters to answer --capabilities; jobs of those that are later wait.
  std::chrono::milliseconds trainer_timeout{10000};
  /// What this process does. The halves need PostgreSQL and a shared directory.
  enum class Role {
    kAllInOne,  ///< Accepts jobs and runs them.
    kApi,       ///< Accepts jobs of the frameworks that workers run.
    kWorker,    ///< Runs jobs that others accept.
  } role = Role::kAllInOne;
  std::string database;                ///< PostgreSQL's, without a password; empty: SQLite in the data directory.
  std::string database_password_file;  ///< Empty: none, or libpq's own (PGPASSWORD, PGPASSFILE).
  /// With PostgreSQL: logs, uploads and artifacts lie here, where all its processes reach them.
  std::string shared_directory;
  std::vector<std::string> secret_files;  ///< Further files that no exporter may read, where a sandbox can hide them.
  std::string listens_at;                 ///< What a worker says of where it answers; may be empty.
  std::chrono::seconds lease{60};         ///< Without news of a worker for so long its jobs are given to others.

  std::string inspect_program;  ///< `modelport`, for what a checkpoint is; empty: nothing is said of them.

  int max_attempts = 3;
  int64_t max_upload_bytes = int64_t{8} << 30;
  int64_t max_expanded_bytes = int64_t{16} << 30;
  int64_t max_log_bytes = int64_t{8} << 20;  ///< Per attempt.
  int64_t max_pending_jobs = 100000;         ///< Accepting more is refused.
  std::chrono::hours retention{0};           ///< Of finished jobs and their artifacts; 0: kept.
  std::chrono::hours upload_retention{24};   ///< Of uploads that no job uses; 0: kept.
  int64_t store_quota_bytes = 0;             ///< Of artifacts together, oldest removed first; 0: none.

  WebhookConfig webhooks;
};

}  // namespace modelport
