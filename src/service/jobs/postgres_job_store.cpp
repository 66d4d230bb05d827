#include "service/jobs/postgres_job_store.h"

#include "base/log.h"
#include "service/jobs/postgres_migrations.h"
#include "service/jobs/postgres_queries.h"

namespace modelport {

namespace {

constexpr int kLargestPage = 200;
/// How soon a change is heard whose wake-up was lost, and how soon the listener ends.
constexpr std::chrono::milliseconds kPoll(1000), kTick(100);
constexpr std::chrono::milliseconds kReconnect(500);

/// Newest first, from below a cursor; all ten parameters are bound whether the text names them or not.
std::string list_statement(const JobFilter& filter) {
  std::string text = fmt::format("SELECT {}, seq FROM jobs WHERE seq < $1", kJobColumns);
  if (filter.status) text += " AND status = $3";
  if (!filter.framework.empty()) text += " AND framework = $4";
  if (!filter.export_format.empty()) text += " AND export_format = $5";
  if (!filter.task_type.empty()) text += " AND task_type = $6";
  // The second condition lets the partial index be used.
  if (!filter.training_job_id.empty()) text += " AND training_job_id = $7 AND training_job_id <> ''";
  if (!filter.checkpoint_id.empty()) text += " AND checkpoint_id = $8 AND checkpoint_id <> ''";
  if (filter.created_after) text += " AND created_at > $9";
  if (filter.created_before) text += " AND created_at < $10";
  return text + " ORDER BY seq DESC LIMIT $2";
}

}  // namespace

Result<std::unique_ptr<PostgresJobStore>> PostgresJobStore::open(const PostgresConfig& config) {
  CHECK_OK(check_postgres_config(config));
  auto store = std::unique_ptr<PostgresJobStore>(new PostgresJobStore(config));
  CHECK_OK(store->pool_.read([](PostgresConnection& database) { return migrate(database); }));
  store->listener_ = std::thread([raw = store.get()] { raw->listen(); });
  return store;
}

PostgresJobStore::~PostgresJobStore() {
  is_ending_ = true;
  if (listener_.joinable()) listener_.join();
}

Status PostgresJobStore::write(PostgresPool::Durability durability, const PostgresPool::Change& change) {
  TRY(topics, pool_.write(durability, change));
  for (const std::string& topic : topics) changes_.notify(topic);
  return {};
}

void PostgresJobStore::listen() {
  using Steady = std::chrono::steady_clock;
  std::unique_ptr<PostgresConnection> connection;
  Steady::time_point next_poll = Steady::now() + kPoll, next_try;
  bool was_away = false;
  while (!is_ending_) {
    const auto now = Steady::now();
    if (!connection && now >= next_try) {
      auto opened = PostgresConnection::open(config_);
      if (opened && (*opened)->execute("LISTEN modelport_jobs")) connection = *std::move(opened);
      if (!connection && !was_away) log_warning("the job database is away; jobs wait until it is back");
      if (connection && was_away) log_info("the job database is back");
      was_away = connection == nullptr;
      next_try = Steady::now() + kReconnect;
    }
    if (now >= next_poll) {
      next_poll = now + kPoll;
      changes_.notify_all();
    }
    if (!connection) {
      std::this_thread::sleep_for(kTick);
      continue;
    }
    const auto heard = connection->notifications(kTick);
    if (!heard) connection.reset();
    if (!heard) continue;
    for (const std::string& topic : *heard) changes_.notify(topic);
  }
}

Result<Job> PostgresJobStore::find(std::string_view id) {
  std::optional<Job> job;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, postgres_queries::find(database, id, postgres_queries::Lock::kNone));
    job = std::move(found);
    return {};
  }));
  return *std::move(job);
}

Result<JobPage> PostgresJobStore::list(const JobFilter& filter, const std::string& cursor, int limit) {
  if (limit < 1 || limit > kLargestPage)
    return fail(ErrorCode::kInvalidArgument, "a page has 1 to {} jobs", kLargestPage);
  TRY(below, sequence_of(cursor));
  const auto status = filter.status ? info(*filter.status).name : std::string_view();
  JobPage page;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    page = {};
    TRY(rows, database.query(list_statement(filter), below, limit + 1, status, filter.framework, filter.export_format,
                             filter.task_type, filter.training_job_id, filter.checkpoint_id, filter.created_after,
                             filter.created_before));
    int64_t last = 0;
    for (size_t bytes = 0; rows.next();) {
      bytes += rows.text(kMetadataColumn).size();
      if (static_cast<int>(page.jobs.size()) == limit || (bytes > kLargestPageBytes && !page.jobs.empty())) {
        page.next_cursor = cursor_below(last);
        return {};
      }
      TRY(job, job_from_row(rows));
      page.jobs.push_back(std::move(job));
      last = rows.integer(kJobColumnCount);
    }
    return {};
  }));
  return page;
}

Result<std::vector<RunningAttempt>> PostgresJobStore::running_attempts() {
  std::vector<RunningAttempt> attempts;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    attempts.clear();
    TRY(rows,
        database.query(
            "SELECT id, attempt, worker, process, lease_expires FROM jobs WHERE status = 'running' ORDER BY seq"));
    while (rows.next()) {
      TRY(attempt, attempt_from_row(rows));
      attempts.push_back(std::move(attempt));
    }
    return {};
  }));
  return attempts;
}

Result<std::vector<JobEvent>> PostgresJobStore::events(std::string_view job_id, int64_t after, int limit) {
  std::vector<JobEvent> events;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    events.clear();
    TRY(rows, job_id.empty()
                  ? database.query("SELECT id, job_id, at, type, data FROM events WHERE id > $1 ORDER BY id LIMIT $2",
                                   after, limit)
                  : database.query("SELECT id, job_id, at, type, data FROM events WHERE job_id = $3 AND id > $1 "
                                   "ORDER BY id LIMIT $2",
                                   after, limit, job_id));
    while (rows.next()) {
      TRY(data, parse_json(rows.text(4), ErrorCode::kInternal));
      events.push_back({rows.integer(0), rows.text(1), rows.time(2), rows.text(3), std::move(data)});
    }
    return {};
  }));
  return events;
}

Result<std::optional<Job>> PostgresJobStore::find_cached(std::string_view cache_key) {
  std::optional<Job> cached;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(jobs, postgres_queries::select(
                  database, "WHERE cache_key = $1 AND status = 'completed' ORDER BY seq DESC LIMIT 1", cache_key));
    if (!jobs.empty()) cached = std::move(jobs.front());
    return {};
  }));
  return cached;
}

Result<std::vector<std::string>> PostgresJobStore::artifacts_pending_deletion(int limit) {
  std::vector<std::string> keys;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    keys.clear();
    TRY(rows, database.query("SELECT key FROM doomed_artifacts LIMIT $1", limit));
    while (rows.next()) keys.push_back(rows.text(0));
    return {};
  }));
  return keys;
}

Result<int64_t> PostgresJobStore::artifact_bytes() {
  int64_t bytes = 0;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows,
        database.query("SELECT coalesce(sum(bytes), 0)::bigint FROM (SELECT max(artifact_bytes) AS bytes FROM jobs "
                       "WHERE artifact_key IS NOT NULL GROUP BY artifact_key) AS each"));
    if (rows.next()) bytes = rows.integer(0);
    return {};
  }));
  return bytes;
}

Result<bool> PostgresJobStore::refers_to(std::string_view artifact_key) {
  bool is_there = false;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query("SELECT 1 FROM jobs WHERE artifact_key = $1 LIMIT 1", artifact_key));
    is_there = rows.next();
    return {};
  }));
  return is_there;
}

Result<bool> PostgresJobStore::uses_checkpoint(std::string_view checkpoint_id) {
  bool is_used = false;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows,
        database.query("SELECT 1 FROM jobs WHERE checkpoint_id = $1 AND checkpoint_id <> '' LIMIT 1", checkpoint_id));
    is_used = rows.next();
    return {};
  }));
  return is_used;
}

Result<std::vector<Job>> PostgresJobStore::expired(std::chrono::microseconds age, int limit) {
  std::vector<Job> jobs;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, postgres_queries::select(database,
                                        "WHERE completed_at < microseconds_now() - $1 AND NOT is_default "
                                        "ORDER BY completed_at LIMIT $2",
                                        age.count(), limit));
    jobs = std::move(found);
    return {};
  }));
  return jobs;
}

Result<std::vector<Job>> PostgresJobStore::oldest_results(int limit) {
  std::vector<Job> jobs;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, postgres_queries::select(
                   database, "WHERE status = 'completed' AND NOT is_default ORDER BY completed_at LIMIT $1", limit));
    jobs = std::move(found);
    return {};
  }));
  return jobs;
}

Result<Job> PostgresJobStore::find_default(const std::string& training, const std::string& export_format) {
  std::vector<Job> jobs;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, postgres_queries::select(database, "WHERE training_job_id = $1 AND export_format = $2 AND is_default",
                                        training, export_format));
    jobs = std::move(found);
    return {};
  }));
  if (jobs.empty()) return fail(ErrorCode::kNotFound, "training {} has no default for {}", training, export_format);
  return std::move(jobs.front());
}

Result<Job> PostgresJobStore::find_version(const std::string& training, int64_t version,
                                           const std::string& export_format) {
  std::vector<Job> jobs;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(found, postgres_queries::select(database,
                                        "WHERE training_job_id = $1 AND training_job_id <> '' AND version = $2 AND "
                                        "export_format = $3 AND status = 'completed' ORDER BY seq DESC LIMIT 1",
                                        training, version, export_format));
    jobs = std::move(found);
    return {};
  }));
  if (jobs.empty())
    return fail(ErrorCode::kNotFound, "version {} of training {} was not exported to {}", version, training,
                export_format);
  return std::move(jobs.front());
}

Result<bool> PostgresJobStore::has_completed(std::string_view framework, std::string_view export_format,
                                             std::string_view trainer) {
  bool has = false;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows,
        database.query("SELECT 1 FROM completed_formats WHERE framework = $1 AND export_format = $2 AND trainer = $3",
                       framework, export_format, trainer));
    has = rows.next();
    return {};
  }));
  return has;
}

Result<std::vector<AvailabilityOverride>> PostgresJobStore::availability_overrides() {
  std::vector<AvailabilityOverride> overrides;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    overrides.clear();
    TRY(rows, database.query("SELECT framework, export_format, reason, since, job_id, trainer FROM unavailable_formats "
                             "ORDER BY framework, export_format"));
    while (rows.next())
      overrides.push_back({rows.text(0), rows.text(1), rows.text(2), rows.time(3), rows.text(4), rows.text(5)});
    return {};
  }));
  return overrides;
}

Result<JobCounts> PostgresJobStore::counts() {
  JobCounts counts;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query("SELECT pending, running, completed, failed, cancelled FROM totals"));
    if (!rows.next()) return fail(ErrorCode::kInternal, "the job database has lost its totals");
    for (int i = 0; i < 5; ++i) counts.by_status[i] = rows.integer(i);
    return {};
  }));
  return counts;
}

Result<std::optional<std::chrono::microseconds>> PostgresJobStore::longest_wait() {
  std::optional<std::chrono::microseconds> wait;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query("SELECT greatest(0, microseconds_now() - created_at) FROM jobs WHERE status = 'pending' "
                             "ORDER BY seq LIMIT 1"));
    if (rows.next()) wait = std::chrono::microseconds(rows.integer(0));
    return {};
  }));
  return wait;
}

Result<std::vector<SigningKey>> PostgresJobStore::signing_keys(std::chrono::seconds age) {
  const int64_t lifetime = std::chrono::microseconds(age).count();
  std::vector<SigningKey> keys;
  bool is_fresh = false;
  const auto read = [&](PostgresConnection& database) -> Status {
    keys.clear();
    TRY(rows, database.query("SELECT id, secret, made_at, made_at > microseconds_now() - $1 FROM signing_keys "
                             "ORDER BY made_at DESC, id",
                             lifetime));
    while (rows.next()) {
      if (keys.empty()) is_fresh = rows.integer(3) != 0;
      keys.push_back({rows.text(0), rows.text(1), rows.time(2)});
    }
    return {};
  };
  CHECK_OK(pool_.read(read));
  if (is_fresh) return keys;
  TRY(fresh, new_signing_key());
  const Status made = write(PostgresPool::Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    // Another process that finds none either waits here, and then finds this one.
    CHECK_OK(write.database.query("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE"));
    CHECK_OK(write.database.run("DELETE FROM signing_keys WHERE made_at < microseconds_now() - 2 * $1", lifetime));
    CHECK_OK(
        write.database.run("INSERT INTO signing_keys (id, secret, made_at) SELECT $1, $2, microseconds_now() "
                           "WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE made_at > microseconds_now() - $3)",
                           fresh.id, fresh.secret, lifetime));
    return {};
  });
  CHECK_OK(made);
  CHECK_OK(pool_.read(read));
  return keys;
}

Status PostgresJobStore::check() {
  // A write that changes nothing still needs a server that may write.
  return write(PostgresPool::Durability::kEventual, [](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run("UPDATE totals SET pending = pending WHERE FALSE"));
    return {};
  });
}

}  // namespace modelport
