#include "service/jobs/postgres_queries.h"

namespace modelport::postgres_queries {

Result<Job> find(PostgresConnection& database, std::string_view id, Lock lock) {
  TRY(jobs, select(database, lock == Lock::kRow ? "WHERE id = $1 FOR UPDATE" : "WHERE id = $1", id));
  if (jobs.empty()) return fail(ErrorCode::kNotFound, "there is no job {}", id);
  return std::move(jobs.front());
}

Status lock_training_of(PostgresConnection& database, std::string_view job_id) {
  CHECK_OK(database.query(
      "SELECT 1 FROM trainings WHERE id = (SELECT training_job_id FROM jobs WHERE id = $1) FOR UPDATE", job_id));
  return {};
}

Status make_default(PostgresWrite& write, const Job& job) {
  CHECK_OK(write.database.run("UPDATE jobs SET is_default = FALSE WHERE training_job_id = $1 AND is_default",
                              job.request.training_job_id));
  CHECK_OK(write.database.run("UPDATE jobs SET is_default = TRUE WHERE id = $1", job.id));
  write.add_event(job.id, "default");
  return {};
}

}  // namespace modelport::postgres_queries
