#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "service/jobs/migrations.h"
#include "service/jobs/sqlite_job_store.h"
#include "tests/service/jobs/version_migration.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

/// What only the SQLite store does.
namespace modelport {
namespace {

NewJob small_job() {
  NewJob job;
  job.request.framework = "timm";
  job.request.export_format = "onnx";
  return job;
}

TEST(SqliteJobStore, RefusesADatabaseOfALaterVersion) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  ASSERT_TRUE(SqliteJobStore::open(scratch.path("jobs"), clock));
  auto database = SqliteDatabase::open(scratch.path("jobs"), SqliteDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->execute("PRAGMA user_version=1000"));
  const auto opened = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kConflict);
}

TEST(SqliteJobStore, MakesVersionsOfCheckpointsAndADefaultOfEveryFormat) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  {
    auto database = SqliteDatabase::open(scratch.path("jobs"), SqliteDatabase::Mode::kReadWrite);
    ASSERT_TRUE(database);
    ASSERT_TRUE(migrate(**database, version_migration::kBefore));
    ASSERT_TRUE((*database)->execute(version_migration::kTraining));
    for (const version_migration::OldJob& job : version_migration::kJobs) {
      const Status done = (*database)->execute(version_migration::insert(job, "1", "0"));
      ASSERT_TRUE(done) << job.id << ": " << done.error().text();
    }
  }
  const auto store = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_TRUE(store) << store.error().text();
  version_migration::expect_migrated(**store);
}

TEST(SqliteJobStore, RefusesAFileThatIsNoDatabase) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  scratch.write("jobs", std::string(8192, 'x'));
  const auto opened = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::kDamaged);
}

TEST(SqliteJobStore, ItsSchemaItselfRefusesToChangeAnEndedJob) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  auto store = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_TRUE(store);
  const std::string id = (*store)->create(small_job())->job.id;
  ASSERT_TRUE((*store)->cancel(id));
  auto database = SqliteDatabase::open(scratch.path("jobs"), SqliteDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database);
  for (const std::string change : {"status = 'pending', completed_at = NULL", "completed_at = 1", "attempt = 7"}) {
    const Status done = (*database)->execute("UPDATE jobs SET " + change);
    ASSERT_FALSE(done) << change;
    EXPECT_EQ(done.error().code, ErrorCode::kConflict);
  }
}

TEST(SqliteJobStore, AcceptsFromManyThreadsInFewTransactions) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  auto store = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_TRUE(store);
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      for (int k = 0; k < 20; ++k) EXPECT_TRUE((*store)->create(small_job()));
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ((*store)->counts()->by_status[0], 320);
}

TEST(SqliteJobStore, WaitsForTheDiskWhereItSaysSoWhateverWasWrittenBefore) {
  const ScratchDirectory scratch;
  auto database = SqliteDatabase::open(scratch.path("jobs"), SqliteDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database);
  ASSERT_TRUE((*database)->execute("PRAGMA journal_mode=WAL"));
  ChangeFeed changes;
  WriteQueue queue(*std::move(database), changes);
  const auto level = [&](WriteQueue::Durability durability) {
    int64_t found = -1;
    EXPECT_TRUE(queue.run(durability, [&](WriteContext& context) -> Status {
      TRY(rows, context.database.query("PRAGMA synchronous"));
      CHECK_OK(rows.next());
      found = rows.integer(0);
      return {};
    }));
    return found;
  };
  constexpr int64_t kNormal = 1, kFull = 2;
  EXPECT_EQ(level(WriteQueue::Durability::kEventual), kNormal);
  EXPECT_EQ(level(WriteQueue::Durability::kOnReturn), kFull);
}

TEST(SqliteJobStore, LosesNothingThatItAcceptedWhenTheDiskIsFull) {
  const ScratchDirectory scratch;
  SteppingClock clock;
  std::vector<std::string> accepted;
  {
    auto store = SqliteJobStore::open(scratch.path("jobs"), clock);
    ASSERT_TRUE(store);
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{300'000, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
    NewJob job = small_job();
    job.request.export_config = {{"padding", std::string(1000, 'x')}};
    std::optional<Error> refused;
    while (!refused && accepted.size() < 1000) {
      auto created = (*store)->create(job);
      if (created) accepted.push_back(created->job.id);
      if (!created) refused = created.error();
    }
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code, ErrorCode::kUnwritable) << refused->text();
    const auto after = (*store)->create(job);
    ASSERT_TRUE(after) << after.error().text();
    accepted.push_back(after->job.id);
  }
  auto store = SqliteJobStore::open(scratch.path("jobs"), clock);
  ASSERT_TRUE(store);
  for (const std::string& id : accepted) EXPECT_TRUE((*store)->find(id)) << id;
  EXPECT_EQ((*store)->counts()->by_status[0], static_cast<int64_t>(accepted.size()));
}

}  // namespace
}  // namespace modelport
