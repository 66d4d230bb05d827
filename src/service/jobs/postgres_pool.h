#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "service/jobs/job_state.h"
#include "service/jobs/postgres.h"

namespace modelport {

/// A transaction under way. What belongs to its end is collected and written as its last statements: the row of totals
/// is held from there to the commit, so that events get ids in the order in which they are committed, and nobody who
/// waits for it holds what its holder still needs.
class PostgresWrite {
 public:
  PostgresWrite(PostgresConnection& connection, bool repeated) : database(connection), is_repeat(repeated) {}

  PostgresConnection& database;
  /// An earlier try was cut off at its commit: all of it may be done already.
  const bool is_repeat;

  /// Appends to the job's history and wakes who follows it.
  void add_event(const std::string& job_id, std::string_view type, const Json& data = Json::object());
  /// Wakes who follows the job.
  void note_change(std::string_view job_id) { changed_.emplace_back(job_id); }
  /// A job went from one state to another; absent: from or to nowhere.
  void count(std::optional<JobStatus> from, std::optional<JobStatus> to);
  const std::vector<std::string>& changed() const { return changed_; }

 private:
  friend class PostgresPool;
  struct Event {
    std::string job_id, type, data;
  };
  Status write_end();

  std::vector<Event> events_;
  std::vector<std::string> changed_;
  int64_t moved_[5] = {};
};

/// Connections of one process to the database. One that broke is replaced; while the server is away tries are spaced
/// out, and a call gives up after some seconds (kUnavailable). Safe from any thread.
class PostgresPool {
 public:
  enum class Durability {
    kOnReturn,  ///< On the server's disk when write() returns.
    kEventual,  ///< Survives this process at once, the server's end a moment later.
  };
  using Work = std::function<Status(PostgresConnection& database)>;
  using Change = std::function<Status(PostgresWrite& write)>;

  explicit PostgresPool(PostgresConfig config) : config_(std::move(config)) {}

  /// Runs `work` on a connection, again when that breaks; it must not change anything.
  Status read(const Work& work);
  /// Runs `change` in a transaction and commits it; again after a deadlock or a connection that broke. Gives the topics
  /// to wake.
  Result<std::vector<std::string>> write(Durability durability, const Change& change);

 private:
  using Steady = std::chrono::steady_clock;
  using Connection = std::unique_ptr<PostgresConnection>;
  enum class CommitState { kNotReached, kUncertain };

  Result<Connection> take(Steady::time_point until);
  void give_back(Connection connection, const Status& outcome);
  /// Runs `work` with fresh connections until it is done, refused, or the time is over.
  Status keep_trying(const std::function<Status(PostgresConnection&)>& work);
  static Result<std::vector<std::string>> commit(PostgresConnection& database, Durability durability,
                                                 const Change& change, CommitState& state);

  const PostgresConfig config_;
  std::mutex mutex_;
  std::condition_variable freed_;
  std::vector<Connection> idle_;
  int in_use_ = 0;
  std::chrono::milliseconds pause_{0};  ///< Before the next try to connect; 0 while that works.
  Steady::time_point next_try_;
};

}  // namespace modelport
