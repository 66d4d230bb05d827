#include "service/jobs/job_queries.h"

namespace modelport::job_queries {

Result<Job> find(SqliteDatabase& database, std::string_view id) {
  TRY(jobs, select(database, "WHERE id = ?", id));
  if (jobs.empty()) return fail(ErrorCode::kNotFound, "there is no job {}", id);
  return std::move(jobs.front());
}

Status add_event(WriteContext& context, const std::string& job_id, std::string_view type, Timestamp at,
                 const Json& data) {
  CHECK_OK(context.database.run("INSERT INTO events (job_id, at, type, data) VALUES (?, ?, ?, ?)", job_id, at, type,
                                one_line(data)));
  context.changed.push_back(job_id);
  return {};
}

Status make_default(WriteContext& context, const Job& job, Timestamp at) {
  const std::string& training = job.request.training_job_id;
  CHECK_OK(
      context.database.run("UPDATE jobs SET is_default = 0 WHERE training_job_id = ? AND is_default = 1", training));
  CHECK_OK(context.database.run("UPDATE jobs SET is_default = 1 WHERE id = ?", job.id));
  return add_event(context, job.id, "default", at);
}

}  // namespace modelport::job_queries
