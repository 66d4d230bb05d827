#include "kernels/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

namespace modelport {
namespace {

TEST(ThreadPool, RunsEveryTaskOnceHoweverOftenItIsUsed) {
  for (const unsigned threads : {1u, 2u, 5u}) {
    ThreadPool pool(threads);
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> hits(37);
      pool.parallel_for(37, [&](int64_t i) { ++hits[static_cast<size_t>(i)]; });
      for (const std::atomic<int>& hit : hits) ASSERT_EQ(hit, 1);
    }
  }
}

/// What a worker that wakes too late would read is gone with the job that it missed.
TEST(ThreadPool, LetsNoWorkerIntoAJobThatIsOver) {
  ThreadPool pool(4);
  std::atomic<int64_t> sum = 0;
  int64_t expected = 0;
  for (int64_t round = 0; round < 5000; ++round) {
    const std::vector<int64_t> numbers(static_cast<size_t>(2 + round % 3), round);
    pool.parallel_for(static_cast<int64_t>(numbers.size()), [&](int64_t i) { sum += numbers[static_cast<size_t>(i)]; });
    expected += round * static_cast<int64_t>(numbers.size());
    ASSERT_EQ(sum, expected);
  }
}

TEST(ThreadPool, SharesALongJob) {
  ThreadPool pool(2);
  EXPECT_EQ(pool.size(), 2u);
  std::mutex mutex;
  std::condition_variable both;
  std::set<std::thread::id> threads;
  pool.parallel_for(2, [&](int64_t) {
    std::unique_lock lock(mutex);
    threads.insert(std::this_thread::get_id());
    both.notify_all();
    both.wait_for(lock, std::chrono::seconds(20), [&] { return threads.size() == 2; });
  });
  EXPECT_EQ(threads.size(), 2u);
}

TEST(ThreadPool, UsesTheInstructionSetOfWhoeverAsks) {
  ThreadPool pool(4);
  for (const InstructionSet limit : {InstructionSet::kBaseline, InstructionSet::kAvx512, InstructionSet::kBaseline}) {
    const InstructionSetLimit limited(limit);
    std::atomic<int> others = 0;
    pool.parallel_for(100, [&, expected = instruction_set()](int64_t) { others += instruction_set() != expected; });
    EXPECT_EQ(others, 0);
  }
}

TEST(ComputingTurn, IsOneAtATimeWithTheSameThreads) {
  std::atomic<int> inside = 0, most = 0;
  std::mutex mutex;
  std::set<const ThreadPool*> pools;
  std::vector<std::thread> targets;
  for (int target = 0; target < 6; ++target) {
    targets.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        ComputingTurn turn;
        most = std::max(most.load(), ++inside);
        turn.pool().parallel_for(8, [](int64_t) { std::this_thread::yield(); });
        const std::lock_guard lock(mutex);
        pools.insert(&turn.pool());
        --inside;
      }
    });
  }
  for (std::thread& target : targets) target.join();
  EXPECT_EQ(most, 1);
  EXPECT_EQ(pools.size(), 1u);
}

TEST(ThreadPool, RunsNothingForNoTasks) {
  ThreadPool pool(2);
  pool.parallel_for(0, [](int64_t) { FAIL(); });
}

}  // namespace
}  // namespace modelport
