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

/// Makes this completed job its training's default.
Status make_default(PostgresWrite& write, const Job& job);

}  // namespace modelport::postgres_queries
