#include "service/logs/log_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/service/scratch_directory.h"

namespace modelport {
namespace {

using testing::ElementsAre;

class LogStoreTest : public testing::Test {
 protected:
  void SetUp() override { open({}); }
  void open(LogLimits limits) {
    store_.reset();
    auto opened = LogStore::open(scratch_.path("logs"), limits);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
  }
  void say(const std::string& job, std::string_view text, int attempt = 1) {
    store_->append(job, attempt, LogStream::kStderr, text, Timestamp(std::chrono::microseconds(7)));
  }
  std::vector<std::string> texts(const std::string& job, int64_t after = 0, size_t limit = 1000) {
    std::vector<std::string> found;
    auto lines = store_->read(job, after, limit);
    EXPECT_TRUE(lines);
    for (const LogLine& line : *lines) found.push_back(line.text);
    return found;
  }
  ScratchDirectory scratch_;
  std::unique_ptr<LogStore> store_;
};

TEST_F(LogStoreTest, KeepsLinesWithRisingIds) {
  say("job_a", "one");
  say("job_b", "other");
  say("job_a", "two \x1b[31m \xff \r and spaces ");
  store_->append("job_a", 2, LogStream::kService, "three", Timestamp(std::chrono::microseconds(9)));
  auto lines = store_->read("job_a", 0, 10);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 3u);
  EXPECT_EQ((*lines)[1].id, 2);
  EXPECT_EQ((*lines)[1].text, "two \x1b[31m \xff \r and spaces ");
  EXPECT_EQ((*lines)[2].attempt, 2);
  EXPECT_EQ((*lines)[2].stream, LogStream::kService);
  EXPECT_EQ((*lines)[2].at, Timestamp(std::chrono::microseconds(9)));
  EXPECT_EQ(store_->last_id("job_a"), 3);
  EXPECT_EQ(store_->last_id("job_b"), 1);
  EXPECT_EQ(store_->last_id("job_c"), 0);
  EXPECT_TRUE(texts("job_c").empty());
}

TEST_F(LogStoreTest, ReadsFromAnywhere) {
  for (int i = 1; i <= 1000; ++i) say("job_a", std::to_string(i));
  for (const int after : {0, 1, 63, 64, 65, 500, 998, 999}) {
    EXPECT_THAT(texts("job_a", after, 1), ElementsAre(std::to_string(after + 1)));
  }
  EXPECT_TRUE(texts("job_a", 1000).empty());
  EXPECT_EQ(texts("job_a", 400).size(), 600u);
  EXPECT_THAT(texts("job_a", 0, 2), ElementsAre("1", "2"));
  auto tail = store_->tail("job_a", 2);
  ASSERT_TRUE(tail);
  EXPECT_EQ(tail->front().text, "999");
}

TEST_F(LogStoreTest, ContinuesAfterAnotherStartAndCutsAnUnfinishedLine) {
  for (int i = 1; i <= 100; ++i) say("job_a", std::to_string(i));
  store_.reset();
  std::ofstream(scratch_.path("logs/job_a.log"), std::ios::app) << "101 1 7 1 unfinish";
  open({});
  EXPECT_EQ(texts("job_a").size(), 100u) << "whoever reads does not see it";
  say("job_a", "after", 2);
  EXPECT_EQ(store_->last_id("job_a"), 101);
  EXPECT_THAT(texts("job_a", 99), ElementsAre("100", "after"));
}

TEST_F(LogStoreTest, StopsAtItsCapAndSaysSoOnce) {
  open({.bytes = 100, .line_bytes = 20});
  for (int i = 0; i < 50; ++i) say("job_a", "0123456789");
  const auto all = texts("job_a");
  ASSERT_EQ(all.size(), 11u);
  EXPECT_EQ(all.back(),
            "the log has reached its limit of 100 bytes; what the exporter writes from here on is left out");
  store_->append("job_a", 1, LogStream::kService, "cancelled", {});
  EXPECT_EQ(texts("job_a").back(), "cancelled") << "the service's own lines come through";
  say("job_a", std::string(30, 'x'), 2);
  EXPECT_EQ(texts("job_a").back(), std::string(20, 'x')) << "the next attempt has its own cap";
}

TEST_F(LogStoreTest, WakesWhoFollows) {
  std::atomic<int> woken = 0;
  auto mine = store_->changes().subscribe("job_a", [&](std::string_view) { ++woken; });
  say("job_a", "one");
  say("job_b", "other");
  EXPECT_EQ(woken, 1);
  mine.reset();
  say("job_a", "two");
  EXPECT_EQ(woken, 1);
}

TEST_F(LogStoreTest, IsReadWhileItIsWritten) {
  std::thread writer([&] {
    for (int i = 1; i <= 3000; ++i) say("job_a", std::to_string(i));
  });
  int64_t after = 0;
  while (after < 3000) {
    auto lines = store_->read("job_a", after, 100);
    ASSERT_TRUE(lines);
    for (const LogLine& line : *lines) {
      ASSERT_EQ(line.id, after + 1);
      ASSERT_EQ(line.text, std::to_string(line.id));
      after = line.id;
    }
  }
  writer.join();
}

int64_t bytes_read_by_this_process() {
  std::ifstream file("/proc/self/io");
  std::string name;
  int64_t bytes = -1;
  file >> name >> bytes;
  return bytes;
}

TEST_F(LogStoreTest, IsReadInBatchesWithoutLookingThroughItForEach) {
  const std::string text(100, 'x');
  constexpr int kLines = 20'000;
  for (int i = 0; i < kLines; ++i) say("job_a", text);
  open({});
  const int64_t before = bytes_read_by_this_process();
  ASSERT_GE(before, 0);
  int64_t after = 0;
  for (auto lines = store_->read("job_a", 0, 500); lines && !lines->empty(); lines = store_->read("job_a", after, 500))
    after = lines->back().id;
  EXPECT_EQ(after, kLines);
  // Once to learn where its lines are, and once in pieces of 64 KiB for lines of a little less.
  const auto size = static_cast<int64_t>(std::filesystem::file_size(scratch_.path("logs/job_a.log")));
  EXPECT_LT(bytes_read_by_this_process() - before, 4 * size);
}

TEST_F(LogStoreTest, SeesWhatAnotherProcessWritesAndRemoves) {
  say("job_a", "one");
  auto other = LogStore::open(scratch_.path("logs"), {});
  ASSERT_TRUE(other);
  const auto seen = [&] { return (*other)->read("job_a", 0, 10)->size(); };
  EXPECT_EQ(seen(), 1u);
  say("job_a", "two");
  EXPECT_EQ(seen(), 2u);
  ASSERT_TRUE(store_->remove("job_a"));
  EXPECT_EQ(seen(), 0u);
  say("job_a", "anew");
  EXPECT_EQ((*other)->read("job_a", 0, 10)->front().text, "anew");
}

TEST_F(LogStoreTest, LeavesOutWhatAProcessSaysWhoseAttemptAnotherOneFollowed) {
  const auto other = LogStore::open(scratch_.path("logs"), {});
  ASSERT_TRUE(other);
  const auto other_says = [&](std::string_view text) {
    (*other)->append("job_a", 2, LogStream::kStderr, text, Timestamp(std::chrono::microseconds(8)));
  };
  say("job_a", "first, and stopped here");
  other_says("second");
  say("job_a", "first, gone on");
  other_says("done");
  const auto reader = LogStore::open(scratch_.path("logs"), {});
  const auto lines = (*reader)->read("job_a", 0, 10);
  ASSERT_TRUE(lines);
  ASSERT_EQ(lines->size(), 3u);
  const std::vector<std::string> wanted = {"first, and stopped here", "second", "done"};
  for (size_t i = 0; i < wanted.size(); ++i) {
    EXPECT_EQ((*lines)[i].text, wanted[i]);
    EXPECT_EQ((*lines)[i].id, static_cast<int64_t>(i) + 1);
  }
}

TEST_F(LogStoreTest, ReadsManyMoreLogsThanItKeepsOpen) {
  for (int i = 0; i < 200; ++i) {
    say(fmt::format("job_{}", i), std::to_string(i));
    store_->close(fmt::format("job_{}", i));
  }
  for (int i = 0; i < 200; ++i) EXPECT_THAT(texts(fmt::format("job_{}", i)), ElementsAre(std::to_string(i)));
  int open_files = 0;
  for (const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) open_files += !each.path().empty();
  EXPECT_LT(open_files, 150);
}

TEST_F(LogStoreTest, SaysWhatTheDiskDidNotTake) {
  std::filesystem::create_directories(scratch_.path("logs/job_a.log"));
  say("job_a", "lost");
  say("job_a", "lost as well");
  std::filesystem::remove(scratch_.path("logs/job_a.log"));
  say("job_a", "kept");
  EXPECT_THAT(texts("job_a"), ElementsAre("2 lines are missing here: the disk did not take them", "kept"));
}

TEST_F(LogStoreTest, RemovesAndNeverLeavesItsDirectory) {
  say("job_a", "one");
  EXPECT_THAT(*store_->jobs(), ElementsAre("job_a"));
  ASSERT_TRUE(store_->remove("job_a"));
  EXPECT_TRUE(texts("job_a").empty());
  scratch_.write("outside.log", "1 1 1 1 secret\n");
  EXPECT_TRUE(texts("../outside").empty());
  say("../outside", "x");
  ASSERT_TRUE(store_->remove("../outside"));
  EXPECT_EQ(file_text(scratch_.path("outside.log")), "1 1 1 1 secret\n");
}

}  // namespace
}  // namespace modelport
