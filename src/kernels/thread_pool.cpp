#include "kernels/thread_pool.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace modelport {

namespace {

thread_local unsigned forced_pool_threads = 0;
std::mutex computing;

}  // namespace

unsigned pool_threads() {
  return forced_pool_threads > 0 ? forced_pool_threads : std::clamp(std::thread::hardware_concurrency(), 1u, 8u);
}

ForcedPoolThreads::ForcedPoolThreads(unsigned threads) : before_(std::exchange(forced_pool_threads, threads)) {}

ForcedPoolThreads::~ForcedPoolThreads() { forced_pool_threads = before_; }

ThreadPool::ThreadPool(unsigned threads) {
  for (unsigned i = 1; i < threads; ++i) workers_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
}

void ThreadPool::parallel_for(int64_t count, const std::function<void(int64_t)>& task) {
  if (workers_.empty() || count <= 1) {
    for (int64_t i = 0; i < count; ++i) task(i);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    task_ = &task;
    count_ = count;
    limit_ = instruction_set();
    next_ = 0;
    ++generation_;
  }
  wake_.notify_all();
  drain(task, count);
  std::unique_lock lock(mutex_);
  task_ = nullptr;
  done_.wait(lock, [this] { return joined_ == 0; });
}

void ThreadPool::drain(const std::function<void(int64_t)>& task, int64_t count) {
  for (int64_t index; (index = next_.fetch_add(1)) < count;) task(index);
}

void ThreadPool::work() {
  uint64_t seen = 0;
  for (;;) {
    const std::function<void(int64_t)>* task;
    int64_t count;
    InstructionSet limit;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || (task_ != nullptr && generation_ != seen); });
      if (stopping_) return;
      seen = generation_;
      ++joined_;
      task = task_;
      count = count_;
      limit = limit_;
    }
    {
      const InstructionSetLimit inherited(limit);
      drain(*task, count);
    }
    const std::lock_guard lock(mutex_);
    if (--joined_ == 0) done_.notify_one();
  }
}

ComputingTurn::ComputingTurn() : lock_(computing) {}

ThreadPool& ComputingTurn::pool() {
  // Never destroyed: its threads end with the process, and a child after fork() has none to wait for.
  static auto& pool = *new std::unique_ptr<ThreadPool>();
  if (pool == nullptr || pool->size() != pool_threads()) pool = std::make_unique<ThreadPool>(pool_threads());
  return *pool;
}

}  // namespace modelport
