#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "kernels/instruction_set.h"

namespace modelport {

/// A few threads that sleep between jobs (no spinning: a worker shares its cores). One caller at a time. Tasks use the
/// instruction set that is in use where parallel_for() is called.
class ThreadPool {
 public:
  /// `threads` counts the caller; 1 runs everything there.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const { return static_cast<unsigned>(workers_.size()) + 1; }

  /// Calls task(0) ... task(count - 1), in any order, from the pool's threads and the caller's; returns when all are
  /// done.
  void parallel_for(int64_t count, const std::function<void(int64_t)>& task);

 private:
  void work();
  void drain(const std::function<void(int64_t)>& task, int64_t count);

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const std::function<void(int64_t)>* task_ = nullptr;  ///< Of the job that workers may still join.
  int64_t count_ = 0;
  InstructionSet limit_{};
  std::atomic<int64_t> next_ = 0;
  uint64_t generation_ = 0;
  size_t joined_ = 0;  ///< Workers inside the job. One that wakes when the job is over is not waited for.
  bool stopping_ = false;
};

/// How many threads a pool that this thread makes is to have: one for each processor, at most eight, unless forced.
unsigned pool_threads();

/// While it lives, pool_threads() of this thread is `threads`, whatever the machine has.
class ForcedPoolThreads {
 public:
  explicit ForcedPoolThreads(unsigned threads);
  ~ForcedPoolThreads();
  ForcedPoolThreads(const ForcedPoolThreads&) = delete;
  ForcedPoolThreads& operator=(const ForcedPoolThreads&) = delete;

 private:
  unsigned before_;
};

/// The turn of one evaluation, of whatever target of a run: all take turns with the same threads, so that neither these
/// nor the memory of evaluations multiply with the targets. Waits for its turn; not within one.
class ComputingTurn {
 public:
  ComputingTurn();
  /// Of pool_threads().
  ThreadPool& pool();

 private:
  std::unique_lock<std::mutex> lock_;
};

}  // namespace modelport
