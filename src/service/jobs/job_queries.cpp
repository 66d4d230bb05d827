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

Status make_default(WriteContext& context, const Job& job, Timestamp at, std::optional<Timestamp> chosen_at) {
  CHECK_OK(
      context.database.run("UPDATE jobs SET is_default = 0, default_chosen_at = NULL WHERE training_job_id = ? AND "
                           "export_format = ? AND is_default = 1",
                           job.request.training_job_id, job.request.export_format));
  CHECK_OK(
      context.database.run("UPDATE jobs SET is_default = 1, default_chosen_at = ? WHERE id = ?", chosen_at, job.id));
  return add_event(context, job.id, "default", at);
}

Result<int64_t> next_version(SqliteDatabase& database, const std::string& training) {
  TRY(rows, database.query("INSERT INTO trainings (id, last_version) VALUES (?, 1) "
                           "ON CONFLICT (id) DO UPDATE SET last_version = last_version + 1 RETURNING last_version",
                           training));
  CHECK_OK(rows.next());
  const int64_t version = rows.integer(0);
  CHECK_OK(rows.next());
  return version;
}

Result<int64_t> version_of(SqliteDatabase& database, const std::string& training, const std::string& checkpoint) {
  if (training.empty()) return 0;
  {
    TRY(rows, database.query("SELECT version FROM training_versions WHERE training_job_id = ? AND checkpoint = ?",
                             training, checkpoint));
    TRY(is_known, rows.next());
    if (is_known) return rows.integer(0);
  }
  TRY(version, next_version(database, training));
  CHECK_OK(database.run("INSERT INTO training_versions (training_job_id, checkpoint, version) VALUES (?, ?, ?)",
                        training, checkpoint, version));
  return version;
}

Status settle_version(WriteContext& context, const Job& job, const std::string& checkpoint_id) {
  const std::string& training = job.request.training_job_id;
  if (training.empty() || job.request.checkpoint_path.empty()) return {};
  SqliteDatabase& database = context.database;
  bool is_free = false;
  {
    TRY(rows, database.query("SELECT 1 FROM training_versions WHERE training_job_id = ?1 AND (checkpoint = ?2 OR "
                             "(version = ?3 AND checkpoint NOT LIKE 'path:%')) LIMIT 1",
                             training, checkpoint_id, job.version));
    TRY(is_taken, rows.next());
    is_free = !is_taken;
  }
  if (is_free)
    CHECK_OK(database.run("INSERT INTO training_versions (training_job_id, checkpoint, version) VALUES (?, ?, ?)",
                          training, checkpoint_id, job.version));
  TRY(version, version_of(database, training, checkpoint_id));
  if (version == job.version) return {};
  CHECK_OK(database.run("UPDATE training_versions SET version = ? WHERE training_job_id = ? AND checkpoint = ?",
                        version, training, version_key(job.request)));
  CHECK_OK(database.run("UPDATE jobs SET version = ? WHERE id = ?", version, job.id));
  context.changed.push_back(job.id);
  return {};
}

}  // namespace modelport::job_queries
