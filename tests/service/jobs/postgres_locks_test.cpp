#include <gtest/gtest.h>

#include <future>

#include "service/jobs/postgres_job_store.h"
#include "tests/service/postgres_server.h"

/// What the store's row locks are for: another process is in the middle of a change, held there by a connection of the
/// test's own.
namespace modelport {
namespace {

const std::vector<std::string> kTimm = {"timm"};
constexpr std::chrono::seconds kLeaseLength(30);
/// Long enough for a statement that nothing holds up.
constexpr std::chrono::milliseconds kMoment(300);

class PostgresLocks : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    config_ = PostgresServer::shared().database(scratch_);
    auto opened = PostgresJobStore::open(config_);
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
    auto other = PostgresConnection::open(config_);
    ASSERT_TRUE(other) << other.error().text();
    other_ = *std::move(other);
  }

  std::string create() {
    NewJob job;
    job.request.framework = "timm";
    job.request.export_format = "onnx";
    job.request.training_job_id = "training";
    return store_->create(job)->job.id;
  }
  JobLease claim() { return (*store_->claim("worker", kTimm, kLeaseLength))->lease; }
  Completion completion(const std::string& key) {
    Completion done;
    done.artifact = {key, "abc", 1};
    done.metadata = {{"a", 1}};
    return done;
  }
  void other(const std::string& script) {
    const Status done = other_->execute(script);
    ASSERT_TRUE(done) << done.error().text();
  }

  ScratchDirectory scratch_;
  PostgresConfig config_;
  std::unique_ptr<PostgresJobStore> store_;
  std::unique_ptr<PostgresConnection> other_;
};

TEST_F(PostgresLocks, AClaimPassesByWhatAnotherIsClaiming) {
  const std::string held = create(), free = create();
  other("BEGIN; SELECT 1 FROM jobs WHERE id = '" + held + "' FOR UPDATE");
  auto claimed = std::async(std::launch::async, [&] { return store_->claim("worker", kTimm, kLeaseLength); });
  ASSERT_EQ(claimed.wait_for(std::chrono::seconds(10)), std::future_status::ready) << "it waits for the other";
  const auto job = claimed.get();
  ASSERT_TRUE(job && *job);
  EXPECT_EQ((*job)->job.id, free);
  other("ROLLBACK");
}

TEST_F(PostgresLocks, AReclaimPassesByWhatAnotherIsReclaiming) {
  const std::string held = create(), free = create();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(store_->renew(claim(), std::chrono::seconds(0)));
  other("BEGIN; SELECT 1 FROM jobs WHERE id = '" + held + "' FOR UPDATE");
  auto reclaimed = std::async(std::launch::async, [&] {
    return store_->reclaim_expired({FailureCode::kInterrupted, "gone", {}, {}, 0}, 10);
  });
  ASSERT_EQ(reclaimed.wait_for(std::chrono::seconds(10)), std::future_status::ready) << "it waits for the other";
  const auto leases = reclaimed.get();
  ASSERT_TRUE(leases);
  ASSERT_EQ(leases->size(), 1u);
  EXPECT_EQ(leases->front().job_id, free);
  other("ROLLBACK");
}

TEST_F(PostgresLocks, AnEndWaitsForWhoeverTakesTheJobAway) {
  create();
  const JobLease lease = claim();
  other("BEGIN; UPDATE jobs SET status = 'pending', phase = NULL, lease_expires = NULL WHERE id = '" + lease.job_id +
        "'");
  auto ended = std::async(std::launch::async, [&] { return store_->finish_completed(lease, completion("late.zip")); });
  EXPECT_EQ(ended.wait_for(kMoment), std::future_status::timeout);
  other("COMMIT");
  const Status refused = ended.get();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_EQ(store_->find(lease.job_id)->status, JobStatus::kPending);
}

TEST_F(PostgresLocks, ACachedEndWaitsForWhoeverRemovesTheArtifactsLastJob) {
  const std::string first = create();
  ASSERT_TRUE(store_->finish_completed(claim(), completion("shared.zip")));
  create();
  const JobLease lease = claim();
  other("BEGIN; DELETE FROM jobs WHERE id = '" + first + "'");
  auto ended = std::async(std::launch::async, [&] {
    Completion cached = completion("shared.zip");
    cached.from_cache = true;
    return store_->finish_completed(lease, cached);
  });
  EXPECT_EQ(ended.wait_for(kMoment), std::future_status::timeout);
  other("COMMIT");
  const Status refused = ended.get();
  ASSERT_FALSE(refused) << "its artifact goes with the other job";
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
}

TEST_F(PostgresLocks, ACancelWaitsForAClaimAndForAnEnd) {
  const std::string id = create();
  const auto cancelled_after = [&](const std::string& change) {
    other("BEGIN; UPDATE jobs SET " + change + " WHERE id = '" + id + "'");
    auto cancelled = std::async(std::launch::async, [&] { return store_->cancel(id); });
    EXPECT_EQ(cancelled.wait_for(kMoment), std::future_status::timeout);
    other("COMMIT");
    return cancelled.get();
  };
  const auto asked = cancelled_after("status = 'running', attempt = 1, lease_expires = microseconds_now() + 60000000");
  ASSERT_TRUE(asked) << asked.error().text();
  EXPECT_EQ(asked->status, JobStatus::kRunning) << "it is asked to end";
  other("UPDATE jobs SET cancel_requested = FALSE");
  const auto refused = cancelled_after(
      "status = 'completed', artifact_key = 'a', metadata = '{}', lease_expires = NULL, completed_at = 1");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
}

TEST_F(PostgresLocks, WhatIsToldOfIsOneProcesssChoice) {
  other("BEGIN; DELETE FROM webhook_events; INSERT INTO webhook_events VALUES ('failed', 'export.failed')");
  const std::vector<JobStatus> completed = {JobStatus::kCompleted};
  auto told = std::async(std::launch::async, [&] { return store_->deliveries().tell_of(completed); });
  EXPECT_EQ(told.wait_for(kMoment), std::future_status::timeout);
  other("COMMIT");
  ASSERT_TRUE(told.get());
  auto rows = other_->query("SELECT status FROM webhook_events");
  ASSERT_TRUE(rows && rows->next());
  EXPECT_EQ(rows->text(0), "completed");
  EXPECT_FALSE(rows->next());
}

TEST_F(PostgresLocks, AnEndThatTheServerGaveUpToBreakADeadlockIsMadeAgain) {
  create();
  const JobLease lease = claim();
  // The store's connection looks for a deadlock, the test's does not.
  other("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = %L', current_database(), '2s'); END $$");
  const auto store = PostgresJobStore::open(config_);
  ASSERT_TRUE(store);
  other("SET deadlock_timeout = '60s'; BEGIN; SELECT 1 FROM jobs WHERE id = '" + lease.job_id + "' FOR UPDATE");
  auto ended = std::async(std::launch::async, [&] { return (*store)->finish_completed(lease, completion("a.zip")); });
  EXPECT_EQ(ended.wait_for(kMoment), std::future_status::timeout);
  other("SELECT 1 FROM trainings WHERE id = 'training' FOR UPDATE");
  other("COMMIT");
  const Status done = ended.get();
  EXPECT_TRUE(done) << done.error().text();
}

TEST_F(PostgresLocks, ARemovalWaitsForAnotherOfTheSameJob) {
  const std::string id = create();
  ASSERT_TRUE(store_->cancel(id));
  other("BEGIN; DELETE FROM jobs WHERE id = '" + id + "'");
  auto removed = std::async(std::launch::async, [&] { return store_->remove(id); });
  EXPECT_EQ(removed.wait_for(kMoment), std::future_status::timeout);
  other("COMMIT");
  const auto refused = removed.get();
  ASSERT_FALSE(refused) << "it is counted out once";
  EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
}

TEST_F(PostgresLocks, AChoiceWaitsForAnEndOfTheSameTraining) {
  create();
  const JobLease lease = claim();
  ASSERT_TRUE(store_->finish_completed(lease, completion("a.zip")));
  other("BEGIN; SELECT 1 FROM trainings WHERE id = 'training' FOR UPDATE");
  auto chosen = std::async(std::launch::async, [&] { return store_->set_default(lease.job_id); });
  EXPECT_EQ(chosen.wait_for(kMoment), std::future_status::timeout) << "the default is being decided on";
  other("COMMIT");
  EXPECT_TRUE(chosen.get());
}

TEST_F(PostgresLocks, ARemovalWaitsForAnEndOfTheSameTraining) {
  create();
  const JobLease lease = claim();
  ASSERT_TRUE(store_->finish_completed(lease, completion("a.zip")));
  other("BEGIN; SELECT 1 FROM trainings WHERE id = 'training' FOR UPDATE");
  auto removed = std::async(std::launch::async, [&] { return store_->remove(lease.job_id); });
  EXPECT_EQ(removed.wait_for(kMoment), std::future_status::timeout) << "the default is being decided on";
  other("COMMIT");
  EXPECT_TRUE(removed.get());
}

}  // namespace
}  // namespace modelport
