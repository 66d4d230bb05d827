#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <set>
#include <thread>

#include "service/jobs/postgres_job_store.h"
#include "service/jobs/postgres_migrations.h"
#include "tests/service/jobs/version_migration.h"
#include "tests/service/postgres_server.h"

/// What only the PostgreSQL store does: several processes (here: stores) on one database, and a server that goes away.
namespace modelport {
namespace {

const std::vector<std::string> kFrameworks = {"timm"};
constexpr std::chrono::seconds kLease(60);

NewJob small_job() {
  NewJob job;
  job.request.framework = "timm";
  job.request.export_format = "onnx";
  return job;
}

class PostgresJobStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    config_ = PostgresServer::shared().database(scratch_);
    store_ = open();
  }
  std::unique_ptr<PostgresJobStore> open() {
    auto opened = PostgresJobStore::open(config_);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? *std::move(opened) : nullptr;
  }
  std::unique_ptr<PostgresConnection> connect() {
    auto opened = PostgresConnection::open(config_);
    EXPECT_TRUE(opened) << opened.error().text();
    return *std::move(opened);
  }

  ScratchDirectory scratch_;
  PostgresConfig config_;
  std::unique_ptr<PostgresJobStore> store_;
};

TEST_F(PostgresJobStoreTest, GivesEachJobToOneOfSeveralProcesses) {
  constexpr size_t kJobs = 60;
  for (size_t i = 0; i < kJobs; ++i) ASSERT_TRUE(store_->create(small_job()));
  const auto other = open();
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::vector<std::thread> workers;
  for (int i = 0; i < 4; ++i) {
    workers.emplace_back([&, i] {
      PostgresJobStore& store = i % 2 == 0 ? *store_ : *other;
      while (true) {
        auto job = store.claim(fmt::format("worker {}", i), kFrameworks, kLease);
        EXPECT_TRUE(job) << job.error().text();
        if (!job || !*job) return;
        const std::lock_guard lock(mutex);
        claimed.insert((*job)->job.id);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  EXPECT_EQ(claimed.size(), kJobs);
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), kJobs);
}

TEST_F(PostgresJobStoreTest, HearsWhatAnotherProcessChanged) {
  const auto other = open();
  const std::string id = store_->create(small_job())->job.id;
  std::mutex mutex;
  std::condition_variable woken;
  JobStatus seen = JobStatus::kPending;
  const auto subscription = other->changes().subscribe(id, [&](std::string_view topic) {
    const auto job = other->find(topic);
    const std::lock_guard lock(mutex);
    if (job) seen = job->status;
    woken.notify_all();
  });
  ASSERT_TRUE(store_->cancel(id));
  std::unique_lock lock(mutex);
  EXPECT_TRUE(woken.wait_for(lock, std::chrono::minutes(1), [&] { return seen == JobStatus::kCancelled; }));
}

TEST_F(PostgresJobStoreTest, NumbersEventsInTheOrderInWhichTheyAppear) {
  const auto other = open();
  constexpr size_t kJobs = 80;
  std::atomic<bool> is_over = false;
  std::vector<int64_t> read;
  std::thread reader([&] {
    int64_t after = 0;
    for (bool last = false; !last;) {
      last = is_over;
      const auto events = other->events("", after, 7);
      ASSERT_TRUE(events) << events.error().text();
      for (const JobEvent& event : *events) read.push_back(after = event.id);
      last = last && events->empty();
    }
  });
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (size_t k = 0; k < kJobs / 4; ++k) EXPECT_TRUE((i % 2 == 0 ? *store_ : *other).create(small_job()));
    });
  }
  for (std::thread& writer : writers) writer.join();
  is_over = true;
  reader.join();
  EXPECT_EQ(read.size(), kJobs) << "whoever reads on from the last event has missed none";
}

TEST_F(PostgresJobStoreTest, GoesOnWhenTheServerWasRestarted) {
  const std::string id = store_->create(small_job())->job.id;
  auto claimed = store_->claim("worker", kFrameworks, kLease);
  ASSERT_TRUE(claimed && *claimed);
  PostgresServer::shared().stop();
  const auto away = store_->find(id);
  ASSERT_FALSE(away);
  EXPECT_EQ(away.error().code, ErrorCode::kUnavailable) << away.error().text();
  EXPECT_EQ(away.error().text().find(PostgresServer::shared().password()), std::string::npos);
  EXPECT_FALSE(store_->check());
  PostgresServer::shared().start();
  Completion completion;
  completion.artifact = {"key", "abc", 3};
  completion.metadata = Json::object();
  Status done = store_->finish_completed((*claimed)->lease, completion);
  ASSERT_TRUE(done) << done.error().text();
  EXPECT_EQ(store_->find(id)->status, JobStatus::kCompleted);
  // An answer that was lost with its connection is asked for again.
  done = store_->finish_completed((*claimed)->lease, completion);
  EXPECT_TRUE(done) << done.error().text();
  completion.artifact.key = "another";
  EXPECT_FALSE(store_->finish_completed((*claimed)->lease, completion));
  EXPECT_EQ(store_->events(id, 0, 10)->size(), 3u);

  std::mutex mutex;
  std::condition_variable woken;
  bool has_heard = false;
  const auto subscription = store_->changes().subscribe("", [&](std::string_view topic) {
    const std::lock_guard lock(mutex);
    has_heard = has_heard || !topic.empty();
    woken.notify_all();
  });
  const auto other = open();
  const auto hears = [&] {
    std::unique_lock lock(mutex);
    return woken.wait_for(lock, std::chrono::milliseconds(200), [&] { return has_heard; });
  };
  // What is told before it listens again is not heard; all the rest is.
  bool is_heard = false;
  for (int i = 0; i < 300 && !is_heard; ++i) {
    ASSERT_TRUE(other->create(small_job()));
    is_heard = hears();
  }
  EXPECT_TRUE(is_heard) << "it listens again";
}

TEST_F(PostgresJobStoreTest, IsMadeOnceByThoseThatStartTogether) {
  const ScratchDirectory another;
  const PostgresConfig config = PostgresServer::shared().database(another);
  std::vector<std::thread> processes;
  for (int i = 0; i < 4; ++i) {
    processes.emplace_back([&] {
      const auto opened = PostgresJobStore::open(config);
      EXPECT_TRUE(opened) << opened.error().text();
    });
  }
  for (std::thread& process : processes) process.join();
}

TEST_F(PostgresJobStoreTest, MakesVersionsOfCheckpointsAndADefaultOfEveryFormat) {
  const ScratchDirectory another;
  const PostgresConfig config = PostgresServer::shared().database(another);
  {
    const auto database = PostgresConnection::open(config);
    ASSERT_TRUE(database) << database.error().text();
    const Status old = migrate(**database, version_migration::kBefore);
    ASSERT_TRUE(old) << old.error().text();
    ASSERT_TRUE((*database)->execute(version_migration::kTraining));
    for (const version_migration::OldJob& job : version_migration::kJobs) {
      const Status done = (*database)->execute(version_migration::insert(job, "TRUE", "FALSE"));
      ASSERT_TRUE(done) << job.id << ": " << done.error().text();
    }
    ASSERT_TRUE((*database)->execute("UPDATE totals SET pending = 1, completed = 6, failed = 1"));
  }
  const auto store = PostgresJobStore::open(config);
  ASSERT_TRUE(store) << store.error().text();
  version_migration::expect_migrated(**store);
}

TEST_F(PostgresJobStoreTest, RefusesADatabaseOfALaterVersion) {
  ASSERT_TRUE(connect()->run("INSERT INTO migrations (version) VALUES ($1)", 1000));
  const auto opened = PostgresJobStore::open(config_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
}

TEST_F(PostgresJobStoreTest, ItsSchemaItselfRefusesToChangeAnEndedJob) {
  const std::string id = store_->create(small_job())->job.id;
  ASSERT_TRUE(store_->cancel(id));
  const auto database = connect();
  for (const std::string& change :
       std::vector<std::string>{"status = 'pending', completed_at = NULL", "completed_at = 1", "attempt = 7"}) {
    const Status done = database->execute("UPDATE jobs SET " + change);
    ASSERT_FALSE(done) << change;
    EXPECT_EQ(done.error().code, ErrorCode::kConflict) << done.error().text();
  }
  EXPECT_FALSE(database->execute("UPDATE totals SET pending = -1"));
}

TEST_F(PostgresJobStoreTest, RefusesTextsThatItCannotKeep) {
  JobFilter filter;
  for (const std::string& text : {std::string("\xff"), std::string("a\0b", 3)}) {
    filter.framework = text;
    const auto page = store_->list(filter, "", 10);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::kInvalidArgument) << page.error().text();
  }
  filter.framework = "it's \"quoted\" \\ and {braced}";
  EXPECT_TRUE(store_->list(filter, "", 10));
  EXPECT_TRUE(store_->claim("worker", std::vector{filter.framework}, kLease));
}

TEST_F(PostgresJobStoreTest, WaitsForTheDiskWhereItSaysSoWhateverWasWrittenBefore) {
  PostgresConfig one = config_;
  one.connections = 1;
  PostgresPool pool(one);
  const auto setting = [&](PostgresPool::Durability durability) {
    std::string text;
    const auto done = pool.write(durability, [&](PostgresWrite& write) -> Status {
      TRY(rows, write.database.query("SHOW synchronous_commit"));
      if (rows.next()) text = rows.text(0);
      return {};
    });
    EXPECT_TRUE(done) << done.error().text();
    return text;
  };
  EXPECT_EQ(setting(PostgresPool::Durability::kEventual), "off");
  EXPECT_EQ(setting(PostgresPool::Durability::kOnReturn), "on");
}

TEST_F(PostgresJobStoreTest, IsNotReadyOnAServerThatOnlyReads) {
  EXPECT_TRUE(store_->check());
  ASSERT_TRUE(
      connect()->execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on', "
                         "current_database()); END $$"));
  EXPECT_FALSE(open()->check());
}

TEST_F(PostgresJobStoreTest, LooksByItselfWhenNothingIsHeard) {
  std::mutex mutex;
  std::condition_variable woken;
  bool is_woken = false;
  const auto subscription = store_->changes().subscribe("", [&](std::string_view) {
    const std::lock_guard lock(mutex);
    is_woken = true;
    woken.notify_all();
  });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(woken.wait_for(lock, std::chrono::minutes(1), [&] { return is_woken; }));
}

TEST_F(PostgresJobStoreTest, TellsTheTimeWhateverZoneTheServerIsIn) {
  ASSERT_TRUE(connect()->execute(
      "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), 'Asia/Kolkata'); END $$"));
  const auto elsewhere = open();
  const auto created = elsewhere->create(small_job());
  ASSERT_TRUE(created);
  EXPECT_LT(std::chrono::abs(system_clock().now() - created->job.created_at), std::chrono::hours(1));
}

TEST_F(PostgresJobStoreTest, KeepsPasswordsOutOfTheConnectionText) {
  for (const char* text : {"postgresql://user:s3cret@host/db", "host=here password=s3cret",
                           "postgresql://user:s3cret@host:port:port/db?x=y=z"}) {
    const Status checked = check_postgres_config({text, ""});
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(checked.error().text().find("s3cret"), std::string::npos);
  }
  PostgresConfig wrong = config_;
  wrong.password = "s3cret";
  const auto refused = PostgresConnection::open(wrong);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().text().find("s3cret"), std::string::npos);
}

}  // namespace
}  // namespace modelport
