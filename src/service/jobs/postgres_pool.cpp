#include "service/jobs/postgres_pool.h"

#include <algorithm>
#include <random>
#include <thread>

#include "io/failpoint.h"

namespace modelport {

namespace {

constexpr auto kPoolPatience = std::chrono::seconds(3);
constexpr std::chrono::milliseconds kFirstPause(20);
constexpr std::chrono::milliseconds kLongestPause(1000);
/// After a deadlock, so that the transaction that was let pass takes its lock before it is asked for again.
constexpr std::chrono::milliseconds kPauseForOthers(40);

/// Half of it to all of it, so that processes do not come back in step.
std::chrono::milliseconds with_jitter(std::chrono::milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return pause / 2 + std::chrono::milliseconds(random() % static_cast<unsigned>(pause.count() / 2 + 1));
}

bool may_help_again(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kBusy;
}

}  // namespace

void PostgresWrite::add_event(const std::string& job_id, std::string_view type, const Json& data) {
  events_.push_back({job_id, std::string(type), data.dump(-1, ' ', false, Json::error_handler_t::replace)});
  note_change(job_id);
}

void PostgresWrite::count(std::optional<JobStatus> from, std::optional<JobStatus> to) {
  if (from) --moved_[static_cast<size_t>(*from)];
  if (to) ++moved_[static_cast<size_t>(*to)];
}

Status PostgresWrite::write_end() {
  const bool has_moved = std::ranges::any_of(moved_, [](int64_t change) { return change != 0; });
  if (!events_.empty() || has_moved) {
    TRY(rows,
        database.query("UPDATE totals SET last_event = last_event + $1, pending = pending + $2, running = running "
                       "+ $3, completed = completed + $4, failed = failed + $5, cancelled = cancelled + $6 "
                       "RETURNING last_event",
                       events_.size(), moved_[0], moved_[1], moved_[2], moved_[3], moved_[4]));
    if (!rows.next()) return fail(ErrorCode::kInternal, "the job database has lost its totals");
    int64_t id = rows.integer(0) - static_cast<int64_t>(events_.size());
    for (const Event& event : events_)
      CHECK_OK(
          database.run("INSERT INTO events (id, job_id, at, type, data) VALUES ($1, $2, microseconds_now(), $3, $4)",
                       ++id, event.job_id, event.type, event.data));
  }
  std::vector<std::string> topics = changed_;
  std::ranges::sort(topics);
  topics.erase(std::unique(topics.begin(), topics.end()), topics.end());
  for (const std::string& topic : topics) CHECK_OK(database.query("SELECT pg_notify('modelport_jobs', $1)", topic));
  return {};
}

Result<PostgresPool::Connection> PostgresPool::take(Steady::time_point until) {
  std::unique_lock lock(mutex_);
  const auto has_room = [&] { return !idle_.empty() || in_use_ < config_.connections; };
  if (!freed_.wait_until(lock, until + kPoolPatience, has_room))
    return fail(ErrorCode::kBusy, "all {} connections to the job database are in use", config_.connections);
  ++in_use_;
  if (!idle_.empty()) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    return connection;
  }
  const Steady::time_point allowed = std::min(next_try_, until);
  lock.unlock();
  std::this_thread::sleep_until(allowed);
  auto opened = PostgresConnection::open(config_);
  lock.lock();
  if (opened) {
    pause_ = std::chrono::milliseconds(0);
    return opened;
  }
  pause_ = std::clamp(pause_ * 2, kFirstPause, kLongestPause);
  next_try_ = Steady::now() + with_jitter(pause_);
  --in_use_;
  freed_.notify_one();
  return opened;
}

void PostgresPool::give_back(Connection connection, const Status& outcome) {
  // After no answer it may still be at the old statement.
  const bool is_usable = connection->is_open() && !connection->in_transaction() &&
                         (outcome || outcome.error().code != ErrorCode::kUnavailable);
  const std::lock_guard lock(mutex_);
  --in_use_;
  if (is_usable) {
    idle_.push_back(std::move(connection));
  } else {
    // They were opened to the same server, which has ended.
    idle_.clear();
  }
  freed_.notify_one();
}

Status PostgresPool::keep_trying(const std::function<Status(PostgresConnection&)>& work) {
  const auto until = Steady::now() + kPoolPatience;
  while (true) {
    auto connection = take(until);
    Status outcome;
    if (connection) {
      outcome = work(**connection);
      give_back(*std::move(connection), outcome);
    } else {
      outcome = connection.error();
    }
    if (outcome || !may_help_again(outcome.error()) || Steady::now() >= until) return outcome;
    if (outcome.error().code == ErrorCode::kBusy) std::this_thread::sleep_for(with_jitter(kPauseForOthers));
  }
}

Status PostgresPool::read(const Work& work) { return keep_trying(work); }

Result<std::vector<std::string>> PostgresPool::write(Durability durability, const Change& change) {
  std::vector<std::string> topics;
  auto state = CommitState::kNotReached;
  CHECK_OK(keep_trying([&](PostgresConnection& database) -> Status {
    auto done = commit(database, durability, change, state);
    if (!done && database.in_transaction()) (void)database.execute("ROLLBACK");
    if (!done) return done.error();
    topics = *std::move(done);
    return {};
  }));
  return topics;
}

Result<std::vector<std::string>> PostgresPool::commit(PostgresConnection& database, Durability durability,
                                                      const Change& change, CommitState& state) {
  CHECK_OK(
      database.execute(durability == Durability::kOnReturn ? "BEGIN" : "BEGIN; SET LOCAL synchronous_commit = off"));
  PostgresWrite write(database, state == CommitState::kUncertain);
  failpoint("database: before a change");
  CHECK_OK(change(write));
  CHECK_OK(write.write_end());
  failpoint("database: before commit");
  const Status committed = database.execute("COMMIT");
  failpoint("database: after commit");
  if (!committed) {
    if (committed.error().code == ErrorCode::kUnavailable) state = CommitState::kUncertain;
    return committed.error();
  }
  return write.changed_;
}

}  // namespace modelport
