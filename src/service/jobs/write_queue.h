#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "service/jobs/change_feed.h"
#include "service/jobs/sqlite.h"

namespace modelport {

/// What a write works with.
struct WriteContext {
  SqliteDatabase& database;
  std::vector<std::string> changed;  ///< Jobs to wake followers of, once committed.
};

/// The one writer of a database: writes that wait at the same time share one transaction and one fsync (group commit);
/// one that fails is rolled back alone.
class WriteQueue {
 public:
  using Operation = std::function<Status(WriteContext& context)>;
  enum class Durability {
    kOnReturn,  ///< On the disk when run() returns.
    kEventual,  ///< Survives this process at once, the machine with the next write that is kOnReturn.
  };

  WriteQueue(std::unique_ptr<SqliteDatabase> database, ChangeFeed& changes);
  ~WriteQueue();

  /// Runs the operation on the writer's thread within a transaction; returns when that is committed (or not).
  Status run(Durability durability, Operation operation);

 private:
  struct Waiting {
    Operation operation;
    Durability durability;
    Status outcome;
    std::vector<std::string> changed;
    bool is_done = false;
  };
  void work();
  void commit_together(std::vector<Waiting*>& batch);
  Status run_each(const std::vector<Waiting*>& batch);
  Status begin(const std::vector<Waiting*>& batch);
  Status run_alone(Waiting& waiting);

  std::unique_ptr<SqliteDatabase> database_;
  ChangeFeed& changes_;
  std::mutex mutex_;
  std::condition_variable arrived_, done_;
  std::vector<Waiting*> waiting_;
  bool is_ending_ = false;
  Durability pragma_ = Durability::kOnReturn;
  std::thread thread_;
};

}  // namespace modelport
