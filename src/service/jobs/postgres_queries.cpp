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

Status make_default(PostgresWrite& write, const Job& job, DefaultBy by) {
  CHECK_OK(
      write.database.run("UPDATE jobs SET is_default = FALSE, default_chosen_at = NULL WHERE training_job_id = $1 AND "
                         "export_format = $2 AND is_default",
                         job.request.training_job_id, job.request.export_format));
  CHECK_OK(write.database.run(by == DefaultBy::kPerson ? "UPDATE jobs SET is_default = TRUE, default_chosen_at = "
                                                         "microseconds_now() WHERE id = $1"
                                                       : "UPDATE jobs SET is_default = TRUE WHERE id = $1",
                              job.id));
  write.add_event(job.id, "default");
  return {};
}

Result<int64_t> version_of(PostgresConnection& database, const std::string& training, const std::string& checkpoint) {
  if (training.empty()) return 0;
  // Whoever comes with the same training at the same time waits here.
  CHECK_OK(
      database.run("INSERT INTO trainings (id, last_version) VALUES ($1, 0) ON CONFLICT (id) DO NOTHING", training));
  CHECK_OK(database.query("SELECT 1 FROM trainings WHERE id = $1 FOR UPDATE", training));
  TRY(known, database.query("SELECT version FROM training_versions WHERE training_job_id = $1 AND checkpoint = $2",
                            training, checkpoint));
  if (known.next()) return known.integer(0);
  TRY(rows, database.query("UPDATE trainings SET last_version = last_version + 1 WHERE id = $1 RETURNING last_version",
                           training));
  if (!rows.next()) return fail(ErrorCode::kInternal, "the job database gives no version");
  const int64_t version = rows.integer(0);
  CHECK_OK(database.run("INSERT INTO training_versions (training_job_id, checkpoint, version) VALUES ($1, $2, $3)",
                        training, checkpoint, version));
  return version;
}

Status settle_version(PostgresWrite& write, const Job& job, const std::string& checkpoint_id) {
  const std::string& training = job.request.training_job_id;
  if (training.empty() || job.request.checkpoint_path.empty()) return {};
  TRY(taken, write.database.query("SELECT 1 FROM training_versions WHERE training_job_id = $1 AND (checkpoint = $2 OR "
                                  "(version = $3 AND checkpoint NOT LIKE 'path:%')) LIMIT 1",
                                  training, checkpoint_id, job.version));
  if (!taken.next())
    CHECK_OK(
        write.database.run("INSERT INTO training_versions (training_job_id, checkpoint, version) VALUES ($1, $2, $3)",
                           training, checkpoint_id, job.version));
  TRY(version, version_of(write.database, training, checkpoint_id));
  if (version == job.version) return {};
  CHECK_OK(
      write.database.run("UPDATE training_versions SET version = $1 WHERE training_job_id = $2 AND checkpoint = $3",
                         version, training, version_key(job.request)));
  CHECK_OK(write.database.run("UPDATE jobs SET version = $1 WHERE id = $2", version, job.id));
  write.note_change(job.id);
  return {};
}

}  // namespace modelport::postgres_queries
