#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "service/jobs/job_row.h"
#include "service/jobs/postgres_pool.h"

/// What the parts of PostgresJobStore share.
namespace modelport::postgres_queries {

/// The jobs of "SELECT <kJobColumns> FROM jobs <tail>".
template <class... Values>
Result<std::vector<Job>> select(PostgresConnection& database, std::string_view tail, const Values&... values) {
  TRY(rows, database.query(fmt::format("SELECT {} FROM jobs {}", kJobColumns, tail), values...));
  std::vector<Job> jobs;
  while (rows.next()) {
    TRY(job, job_from_row(rows));
    jobs.push_back(std::move(job));
  }
  return jobs;
}

enum class Lock { kNone, kRow };
/// kNotFound without it. With kRow nobody else changes it until the transaction ends.
Result<Job> find(PostgresConnection& database, std::string_view id, Lock lock);

/// Holds the job's training until the transaction ends. Taken before any job of it, by whatever may change its default,
/// so that nobody waits in a circle.
Status lock_training_of(PostgresConnection& database, std::string_view job_id);

/// Who makes a job the default.
enum class DefaultBy { kCompletion, kPerson };
/// Makes this completed job the default of its training and format.
Status make_default(PostgresWrite& write, const Job& job, DefaultBy by);

/// The version that a checkpoint (version_key()) has in its training; where it is new there, the next one. 0 without a
/// training.
Result<int64_t> version_of(PostgresConnection& database, const std::string& training, const std::string& checkpoint);
/// The content of a job's checkpoint_path is known: its version is that content's. Its training is held.
Status settle_version(PostgresWrite& write, const Job& job, const std::string& checkpoint_id);

}  // namespace modelport::postgres_queries
