#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <atomic>

#include "io/failpoint.h"
#include "service/jobs/postgres_job_store.h"
#include "tests/service/postgres_server.h"

/// A change is committed, and the connection is lost before its answer: it is made again, and must come to the same.
namespace modelport {
namespace {

std::atomic<bool> loses_next_answer = false;

/// Every connection to a server's socket hears nothing more.
void deafen() {
  for (int file = 3; file < 1024; ++file) {
    sockaddr_un peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(file, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sun_family != AF_UNIX) continue;
    if (std::string_view(peer.sun_path).find(".s.PGSQL.") != std::string_view::npos) ::shutdown(file, SHUT_RD);
  }
}

class PostgresLostAnswers : public testing::Test {
 protected:
  void SetUp() override {
    if (const std::string missing = PostgresServer::missing(); !missing.empty()) GTEST_SKIP() << missing;
    auto opened = PostgresJobStore::open(PostgresServer::shared().database(scratch_));
    ASSERT_TRUE(opened) << opened.error().text();
    store_ = *std::move(opened);
    failpoint_hook = [](std::string_view point) {
      if (point == "database: before commit" && loses_next_answer.exchange(false)) deafen();
    };
  }
  void TearDown() override { failpoint_hook = nullptr; }

  /// What `change` gives, though its first answer is lost.
  template <class Change>
  auto unheard(Change change) {
    loses_next_answer = true;
    auto outcome = change();
    EXPECT_FALSE(loses_next_answer) << "nothing was committed";
    EXPECT_TRUE(outcome) << outcome.error().text();
    return outcome;
  }
  NewJob job(const std::string& key = "") {
    NewJob job;
    job.request.framework = "timm";
    job.request.export_format = "onnx";
    job.request.training_job_id = "training";
    job.request.webhook_url = "http://a/";
    job.idempotency_key = key;
    return job;
  }
  std::string create() { return store_->create(job())->job.id; }
  JobLease claim() {
    const std::vector<std::string> frameworks = {"timm"};
    return (*store_->claim("worker", frameworks, std::chrono::seconds(60)))->lease;
  }
  /// How many events of this type there are, of all jobs.
  int events(std::string_view type) {
    const auto all = store_->events("", 0, 1000);
    EXPECT_TRUE(all);
    return static_cast<int>(std::ranges::count(*all, type, &JobEvent::type));
  }

  ScratchDirectory scratch_;
  std::unique_ptr<PostgresJobStore> store_;
};

TEST_F(PostgresLostAnswers, AJobIsMadeOnce) {
  for (const std::string key : {"", "key"}) {
    const auto creation = unheard([&] { return store_->create(job(key)); });
    ASSERT_TRUE(creation);
    EXPECT_EQ(creation->outcome, JobCreation::Outcome::kCreated);
  }
  EXPECT_EQ(store_->list({}, "", 10)->jobs.size(), 2u);
  EXPECT_EQ(store_->list({}, "", 10)->jobs.front().version, 1) << "it is the same checkpoint";
  EXPECT_EQ(events("created"), 2);
}

TEST_F(PostgresLostAnswers, AJobEndsOnce) {
  Completion done;
  done.artifact = {"key", "abc", 1};
  done.metadata = Json::object();
  const JobError error{FailureCode::kExportFailed, "no", {}, {}, 0};
  create();
  JobLease lease = claim();
  (void)unheard([&] { return store_->finish_completed(lease, done); });
  create();
  lease = claim();
  (void)unheard([&] { return store_->finish_failed(lease, error); });
  create();
  lease = claim();
  (void)unheard([&] { return store_->finish_cancelled(lease); });
  const std::string pending = create();
  (void)unheard([&] { return store_->cancel(pending); });
  EXPECT_EQ(events("completed"), 1);
  EXPECT_EQ(events("default"), 1);
  EXPECT_EQ(events("failed"), 1);
  EXPECT_EQ(events("cancelled"), 2);
  EXPECT_THAT(store_->counts()->by_status, testing::ElementsAre(0, 0, 1, 1, 2));
}

TEST_F(PostgresLostAnswers, AnAttemptIsGivenUpOnce) {
  const std::string id = create();
  const JobLease lease = claim();
  (void)unheard([&] {
    return store_->abandon(lease, {FailureCode::kInterrupted, "gone", {}, {}, 0}, AbandonedBy::kRestart);
  });
  EXPECT_EQ(store_->find(id)->status, JobStatus::kPending);
  EXPECT_EQ(events("requeued"), 1);
  EXPECT_EQ(claim().token, 2);
}

TEST_F(PostgresLostAnswers, ARemovedJobIsGiven) {
  const std::string id = create();
  ASSERT_TRUE(store_->cancel(id));
  const auto removed = unheard([&] { return store_->remove(id); });
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->id, id);
  EXPECT_EQ(store_->remove(id).error().code, ErrorCode::kNotFound);
}

TEST_F(PostgresLostAnswers, ADeliveryEndsOnce) {
  DeliveryStore& deliveries = store_->deliveries();
  const std::vector<JobStatus> told = {JobStatus::kCancelled};
  ASSERT_TRUE(deliveries.tell_of(told));
  ASSERT_TRUE(store_->cancel(create()));
  const auto due = deliveries.due(10);
  ASSERT_EQ(due->size(), 1u);
  const auto attempt = deliveries.begin(due->front(), std::chrono::hours(1));
  ASSERT_TRUE(attempt);
  (void)unheard([&] { return deliveries.end_delivered(*attempt, 200); });
  EXPECT_EQ(deliveries.list({}, "", 10)->deliveries.front().state, DeliveryState::kDelivered);
  const std::string id = due->front().id;
  const auto again = unheard([&] { return deliveries.send_again(id); });
  EXPECT_EQ(again->attempts, 0);
}

}  // namespace
}  // namespace modelport
