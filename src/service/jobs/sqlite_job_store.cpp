#include "service/jobs/sqlite_job_store.h"

#include "service/jobs/job_queries.h"
#include "service/jobs/migrations.h"
#include "service/jobs/sqlite_delivery_store.h"

namespace modelport {

namespace {

constexpr int kLargestPage = 200;

/// Newest first, from below a cursor; `$n` are bound whether the text names them or not.
std::string list_statement(const JobFilter& filter) {
  std::string text = fmt::format("SELECT {}, seq FROM jobs WHERE seq < ?1", kJobColumns);
  if (filter.status) text += " AND status = ?3";
  if (!filter.framework.empty()) text += " AND framework = ?4";
  if (!filter.export_format.empty()) text += " AND export_format = ?5";
  if (!filter.task_type.empty()) text += " AND task_type = ?6";
  // The second condition lets the partial index be used.
  if (!filter.training_job_id.empty()) text += " AND training_job_id = ?7 AND training_job_id <> ''";
  if (!filter.checkpoint_id.empty()) text += " AND checkpoint_id = ?8 AND checkpoint_id <> ''";
  if (filter.created_after) text += " AND created_at > ?9";
  if (filter.created_before) text += " AND created_at < ?10";
  return text + " ORDER BY seq DESC LIMIT ?2";
}

}  // namespace

ReadPool::Handle::~Handle() {
  if (!database_) return;
  const std::lock_guard lock(pool_->mutex_);
  pool_->idle_.push_back(std::move(database_));
}

Result<ReadPool::Handle> ReadPool::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto database = std::move(idle_.back());
      idle_.pop_back();
      return Handle(*this, std::move(database));
    }
  }
  TRY(database, SqliteDatabase::open(path_, SqliteDatabase::Mode::kReadOnly));
  CHECK_OK(database->execute("PRAGMA cache_size=-1024"));
  return Handle(*this, std::move(database));
}

SqliteJobStore::SqliteJobStore(const std::string& path, std::unique_ptr<SqliteDatabase> writer, Clock& clock)
    : clock_(clock),
      readers_(path),
      writes_(std::move(writer), changes_),
      deliveries_(std::make_unique<SqliteDeliveryStore>(readers_, writes_, clock_)) {}

Result<std::unique_ptr<SqliteJobStore>> SqliteJobStore::open(const std::string& path, Clock& clock) {
  TRY(writer, SqliteDatabase::open(path, SqliteDatabase::Mode::kReadWrite));
  CHECK_OK(
      writer->execute("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA foreign_keys=ON;"
                      "PRAGMA wal_autocheckpoint=4000;PRAGMA journal_size_limit=67108864"));
  CHECK_OK(migrate(*writer).in(path));
  return std::unique_ptr<SqliteJobStore>(new SqliteJobStore(path, std::move(writer), clock));
}

Result<Job> SqliteJobStore::find(std::string_view id) {
  TRY(reader, readers_.take());
  return job_queries::find(*reader.operator->(), id);
}

Result<JobPage> SqliteJobStore::list(const JobFilter& filter, const std::string& cursor, int limit) {
  if (limit < 1 || limit > kLargestPage)
    return fail(ErrorCode::kInvalidArgument, "limit is {}, it may be 1 to {}", limit, kLargestPage);
  TRY(below, sequence_of(cursor));
  TRY(reader, readers_.take());
  const std::string_view status = filter.status ? info(*filter.status).name : std::string_view();
  TRY(rows, reader->query(list_statement(filter), below, limit + 1, status, filter.framework, filter.export_format,
                          filter.task_type, filter.training_job_id, filter.checkpoint_id, filter.created_after,
                          filter.created_before));
  JobPage page;
  int64_t last = 0;
  for (size_t bytes = 0;;) {
    TRY(more, rows.next());
    if (!more) return page;
    bytes += rows.text(kMetadataColumn).size();
    if (static_cast<int>(page.jobs.size()) == limit || (bytes > kLargestPageBytes && !page.jobs.empty())) {
      page.next_cursor = cursor_below(last);
      return page;
    }
    TRY(job, job_from_row(rows));
    page.jobs.push_back(std::move(job));
    last = rows.integer(kJobColumnCount);
  }
}

Result<std::vector<RunningAttempt>> SqliteJobStore::running_attempts() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query(
                "SELECT id, attempt, worker, process, lease_expires FROM jobs WHERE status = 'running' ORDER BY seq"));
  std::vector<RunningAttempt> attempts;
  while (true) {
    TRY(more, rows.next());
    if (!more) return attempts;
    TRY(attempt, attempt_from_row(rows));
    attempts.push_back(std::move(attempt));
  }
}

Result<std::vector<JobEvent>> SqliteJobStore::events(std::string_view job_id, int64_t after, int limit) {
  TRY(reader, readers_.take());
  const std::string_view of_job = job_id.empty() ? "" : "job_id = ?3 AND ";
  TRY(rows,
      reader->query(
          fmt::format("SELECT id, job_id, at, type, data FROM events WHERE {}id > ?1 ORDER BY id LIMIT ?2", of_job),
          after, limit, job_id));
  std::vector<JobEvent> events;
  while (true) {
    TRY(more, rows.next());
    if (!more) return events;
    TRY(data, parse_json(rows.text(4), ErrorCode::kInternal));
    events.push_back({rows.integer(0), rows.text(1), rows.time(2), rows.text(3), std::move(data)});
  }
}

Result<std::optional<Job>> SqliteJobStore::find_cached(std::string_view cache_key) {
  TRY(reader, readers_.take());
  TRY(jobs, job_queries::select(*reader.operator->(),
                                "WHERE cache_key = ? AND status = 'completed' ORDER BY seq DESC LIMIT 1", cache_key));
  return jobs.empty() ? std::nullopt : std::optional(std::move(jobs.front()));
}

Result<std::vector<std::string>> SqliteJobStore::artifacts_pending_deletion(int limit) {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT key FROM doomed_artifacts LIMIT ?", limit));
  std::vector<std::string> keys;
  while (true) {
    TRY(more, rows.next());
    if (!more) return keys;
    keys.push_back(rows.text(0));
  }
}

Result<int64_t> SqliteJobStore::artifact_bytes() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT TOTAL(bytes) FROM (SELECT MAX(artifact_bytes) AS bytes FROM jobs "
                          "WHERE artifact_key IS NOT NULL GROUP BY artifact_key)"));
  CHECK_OK(rows.next());
  return static_cast<int64_t>(rows.real(0));
}

Result<bool> SqliteJobStore::refers_to(std::string_view artifact_key) {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT 1 FROM jobs WHERE artifact_key = ? LIMIT 1", artifact_key));
  return rows.next();
}

Result<bool> SqliteJobStore::uses_checkpoint(std::string_view checkpoint_id) {
  TRY(reader, readers_.take());
  TRY(rows,
      reader->query("SELECT 1 FROM jobs WHERE checkpoint_id = ?1 AND checkpoint_id <> '' LIMIT 1", checkpoint_id));
  return rows.next();
}

Result<std::vector<Job>> SqliteJobStore::expired(std::chrono::microseconds age, int limit) {
  TRY(reader, readers_.take());
  return job_queries::select(*reader.operator->(),
                             "WHERE completed_at < ? AND completed_at IS NOT NULL AND is_default = 0 "
                             "ORDER BY completed_at LIMIT ?",
                             clock_.now() - age, limit);
}

Result<std::vector<Job>> SqliteJobStore::oldest_results(int limit) {
  TRY(reader, readers_.take());
  // The second condition lets the index in the wanted order be used.
  return job_queries::select(*reader.operator->(),
                             "WHERE status = 'completed' AND completed_at IS NOT NULL AND is_default = 0 "
                             "ORDER BY completed_at LIMIT ?",
                             limit);
}

Result<Job> SqliteJobStore::find_default(const std::string& training, const std::string& export_format) {
  TRY(reader, readers_.take());
  TRY(jobs,
      job_queries::select(*reader.operator->(), "WHERE training_job_id = ? AND export_format = ? AND is_default = 1",
                          training, export_format));
  if (jobs.empty()) return fail(ErrorCode::kNotFound, "training {} has no default for {}", training, export_format);
  return std::move(jobs.front());
}

Result<Job> SqliteJobStore::find_version(const std::string& training, int64_t version,
                                         const std::string& export_format) {
  TRY(reader, readers_.take());
  TRY(jobs, job_queries::select(*reader.operator->(),
                                "WHERE training_job_id = ? AND training_job_id <> '' AND version = ? AND "
                                "export_format = ? AND status = 'completed' ORDER BY seq DESC LIMIT 1",
                                training, version, export_format));
  if (jobs.empty())
    return fail(ErrorCode::kNotFound, "version {} of training {} was not exported to {}", version, training,
                export_format);
  return std::move(jobs.front());
}

Result<bool> SqliteJobStore::has_completed(std::string_view framework, std::string_view export_format,
                                           std::string_view trainer) {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT 1 FROM completed_formats WHERE framework = ? AND export_format = ? AND trainer = ?",
                          framework, export_format, trainer));
  return rows.next();
}

Result<std::vector<AvailabilityOverride>> SqliteJobStore::availability_overrides() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT framework, export_format, reason, since, job_id, trainer FROM unavailable_formats"));
  std::vector<AvailabilityOverride> overrides;
  while (true) {
    TRY(more, rows.next());
    if (!more) return overrides;
    overrides.push_back({rows.text(0), rows.text(1), rows.text(2), rows.time(3), rows.text(4), rows.text(5)});
  }
}

Result<JobCounts> SqliteJobStore::counts() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT status, count FROM job_totals"));
  JobCounts counts;
  while (true) {
    TRY(more, rows.next());
    if (!more) return counts;
    if (const auto status = job_status_from_name(rows.text(0)))
      counts.by_status[static_cast<size_t>(*status)] = rows.integer(1);
  }
}

Result<std::optional<std::chrono::microseconds>> SqliteJobStore::longest_wait() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT created_at FROM jobs WHERE status = 'pending' ORDER BY seq LIMIT 1"));
  TRY(is_there, rows.next());
  std::optional<std::chrono::microseconds> wait;
  if (is_there) wait = std::max(std::chrono::microseconds(0), clock_.now() - rows.time(0));
  return wait;
}

Result<std::vector<SigningKey>> SqliteJobStore::read_signing_keys() {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT id, secret, made_at FROM signing_keys ORDER BY made_at DESC, id"));
  std::vector<SigningKey> keys;
  while (true) {
    TRY(more, rows.next());
    if (!more) return keys;
    keys.push_back({rows.text(0), rows.text(1), rows.time(2)});
  }
}

Result<std::vector<SigningKey>> SqliteJobStore::signing_keys(std::chrono::seconds age) {
  TRY(keys, read_signing_keys());
  if (!keys.empty() && keys.front().made_at > clock_.now() - age) return keys;
  TRY(fresh, new_signing_key());
  const Status made = writes_.run(WriteQueue::Durability::kOnReturn, [&](WriteContext& context) -> Status {
    const Timestamp now = clock_.now();
    CHECK_OK(context.database.run("DELETE FROM signing_keys WHERE made_at < ?", now - 2 * age));
    CHECK_OK(
        context.database.run("INSERT INTO signing_keys (id, secret, made_at) SELECT ?1, ?2, ?3 "
                             "WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE made_at > ?4)",
                             fresh.id, fresh.secret, now, now - age));
    return {};
  });
  CHECK_OK(made);
  return read_signing_keys();
}

Status SqliteJobStore::check() {
  // A write that changes nothing still takes the lock and the journal.
  return writes_.run(WriteQueue::Durability::kEventual, [](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("UPDATE job_totals SET count = count WHERE status = 'pending'"));
    return {};
  });
}

}  // namespace modelport
