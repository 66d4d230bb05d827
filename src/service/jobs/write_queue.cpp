#include "service/jobs/write_queue.h"

#include <algorithm>

#include "io/failpoint.h"

namespace modelport {

namespace {
/// So that one batch does not keep its first caller waiting for long.
constexpr size_t kLargestBatch = 256;
}  // namespace

WriteQueue::WriteQueue(std::unique_ptr<SqliteDatabase> database, ChangeFeed& changes)
    : database_(std::move(database)), changes_(changes), thread_([this] { work(); }) {}

WriteQueue::~WriteQueue() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  arrived_.notify_one();
  thread_.join();
}

Status WriteQueue::run(Durability durability, Operation operation) {
  Waiting waiting{std::move(operation), durability, {}, {}, false};
  {
    std::unique_lock lock(mutex_);
    waiting_.push_back(&waiting);
    arrived_.notify_one();
    done_.wait(lock, [&] { return waiting.is_done; });
  }
  if (waiting.outcome) {
    for (const std::string& topic : waiting.changed) changes_.notify(topic);
  }
  return std::move(waiting.outcome);
}

void WriteQueue::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    arrived_.wait(lock, [&] { return is_ending_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const size_t count = std::min(waiting_.size(), kLargestBatch);
    std::vector<Waiting*> batch(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(count));
    lock.unlock();
    commit_together(batch);
    lock.lock();
    for (Waiting* waiting : batch) waiting->is_done = true;
    done_.notify_all();
  }
}

void WriteQueue::commit_together(std::vector<Waiting*>& batch) {
  Status outcome = begin(batch);
  if (outcome) {
    outcome = run_each(batch);
    failpoint("database: before commit");
    if (outcome) outcome = database_->execute("COMMIT");
    failpoint("database: after commit");
    if (!outcome && database_->in_transaction()) (void)database_->execute("ROLLBACK");
  }
  if (outcome) return;
  for (Waiting* waiting : batch) waiting->outcome = outcome.error();
}

Status WriteQueue::run_each(const std::vector<Waiting*>& batch) {
  for (Waiting* waiting : batch) {
    waiting->outcome = run_alone(*waiting);
    if (database_->in_transaction()) continue;
    // What ran before in this transaction is gone as well.
    return waiting->outcome ? fail(ErrorCode::kUnwritable, "the job database ended its transaction")
                            : Status(waiting->outcome.error());
  }
  return {};
}

Status WriteQueue::begin(const std::vector<Waiting*>& batch) {
  const auto is_durable = [](const Waiting* waiting) { return waiting->durability == Durability::kOnReturn; };
  const Durability wanted = std::ranges::any_of(batch, is_durable) ? Durability::kOnReturn : Durability::kEventual;
  if (wanted != pragma_) {
    // In WAL mode NORMAL leaves out the fsync of a commit and nothing else.
    CHECK_OK(
        database_->execute(wanted == Durability::kOnReturn ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
    pragma_ = wanted;
  }
  return database_->execute("BEGIN IMMEDIATE");
}

Status WriteQueue::run_alone(Waiting& waiting) {
  CHECK_OK(database_->run("SAVEPOINT one"));
  WriteContext context{*database_, {}};
  failpoint("database: before a change");
  Status outcome = waiting.operation(context);
  failpoint("database: after a change");
  if (!outcome) CHECK_OK(database_->run("ROLLBACK TO one"));
  CHECK_OK(database_->run("RELEASE one"));
  waiting.changed = std::move(context.changed);
  return outcome;
}

}  // namespace modelport
