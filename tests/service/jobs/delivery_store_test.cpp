#include "service/jobs/delivery_store.h"

#include <gtest/gtest.h>

#include "service/jobs/sqlite_job_store.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

namespace modelport {
namespace {

class DeliveryStoreTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteJobStore::open(scratch_.path("jobs.sqlite"), clock_);
    ASSERT_TRUE(opened) << opened.error().text();
    jobs_ = *std::move(opened);
  }

  void tell(std::vector<JobStatus> states) { ASSERT_TRUE(deliveries().tell_of(states)); }
  DeliveryStore& deliveries() { return *jobs_->deliveries(); }

  std::string create(const std::string& url) {
    NewJob job;
    job.request.framework = "plain";
    job.request.export_format = "onnx";
    job.request.checkpoint_id = "c";
    job.request.training_job_id = "training";
    job.request.webhook_url = url;
    const auto created = jobs_->create(job);
    EXPECT_TRUE(created);
    return created->job.id;
  }
  JobLease claim() {
    const std::vector<std::string> frameworks = {"plain"};
    const auto claimed = jobs_->claim("worker", frameworks, std::chrono::seconds(60));
    EXPECT_TRUE(claimed && *claimed);
    return (*claimed)->lease;
  }
  std::vector<WebhookDelivery> of_job(const std::string& job) {
    return deliveries().list(std::nullopt, job, "", 200)->deliveries;
  }
  static JobError failure() { return {FailureCode::kExportFailed, "layer \"7\"\nis\x01 unknown", std::nullopt, 1, 0}; }

  ScratchDirectory scratch_;
  SteppingClock clock_;
  std::unique_ptr<SqliteJobStore> jobs_;
};

TEST_F(DeliveryStoreTest, EveryEndOfAJobHasItsDelivery) {
  tell({JobStatus::kCompleted, JobStatus::kFailed, JobStatus::kCancelled});
  const std::string failed = create("http://a.example/");
  const JobLease lease = claim();
  EXPECT_TRUE(of_job(failed).empty()) << "nobody asked for starts";
  ASSERT_TRUE(jobs_->finish_failed(lease, failure()));
  ASSERT_EQ(of_job(failed).size(), 1u);
  EXPECT_EQ(of_job(failed)[0].event, "export.failed");
  EXPECT_EQ(of_job(failed)[0].data["error"]["code"], "export_failed");
  EXPECT_EQ(of_job(failed)[0].data["training_job_id"], "training");
  EXPECT_FALSE(jobs_->finish_cancelled(lease));
  EXPECT_EQ(of_job(failed).size(), 1u) << "a refused change tells nothing";

  const std::string completed = create("http://a.example/");
  Completion completion;
  completion.artifact = {"key.zip", "digest", 12};
  completion.metadata = Json::object();
  completion.model_name = std::string("odd \0 \x02 \"name\"", 14);
  ASSERT_TRUE(jobs_->finish_completed(claim(), completion));
  EXPECT_EQ(of_job(completed).at(0).data["sha256"], "digest");
  EXPECT_EQ(of_job(completed).at(0).data["model_name"], completion.model_name);
  EXPECT_EQ(of_job(completed).at(0).data["error"], nullptr);

  const std::string pending = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(pending));
  EXPECT_EQ(of_job(pending).at(0).event, "export.cancelled");
  const std::string silent = create("");
  ASSERT_TRUE(jobs_->cancel(silent));
  EXPECT_TRUE(of_job(silent).empty());
}

TEST_F(DeliveryStoreTest, AttemptsThatAreAbandonedAreNoEnd) {
  tell({JobStatus::kRunning, JobStatus::kFailed});
  const std::string job = create("http://a.example/");
  for (int attempt = 1; attempt <= 3; ++attempt) ASSERT_TRUE(jobs_->abandon(claim(), failure()));
  const auto told = of_job(job);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0].event, "export.failed");
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(told[static_cast<size_t>(i)].event, "export.started");
}

TEST_F(DeliveryStoreTest, NothingIsRecordedWhereNothingIsAskedFor) {
  const std::string job = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(job));
  EXPECT_TRUE(of_job(job).empty());
}

TEST_F(DeliveryStoreTest, SurvivesTheProcess) {
  tell({JobStatus::kCancelled});
  const std::string job = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(job));
  jobs_.reset();
  SetUp();
  EXPECT_EQ(of_job(job).at(0).state, DeliveryState::kPending);
}

TEST_F(DeliveryStoreTest, GivesOneOfEachOriginOldestFirst) {
  tell({JobStatus::kCancelled});
  std::vector<std::string> jobs;
  for (const char* url : {"http://a/1", "http://a/2", "https://a/3", "http://a:81/4", "http://A/5?x", "http://b"})
    jobs.push_back(create(url));
  for (const std::string& job : jobs) ASSERT_TRUE(jobs_->cancel(job));
  const auto due = deliveries().due(clock_.now(), 10);
  ASSERT_TRUE(due);
  ASSERT_EQ(due->size(), 4u);
  EXPECT_EQ((*due)[0].url, "http://a/1");
  EXPECT_EQ((*due)[1].url, "https://a/3");
  EXPECT_EQ((*due)[2].url, "http://a:81/4");
  EXPECT_EQ((*due)[3].url, "http://b");
  EXPECT_TRUE(deliveries().due((*due)[0].created_at - std::chrono::microseconds(1), 10)->empty());
}

TEST_F(DeliveryStoreTest, AnAttemptEndsOnceAndByWhoeverBeganIt) {
  tell({JobStatus::kCancelled});
  const std::string job = create("http://a/");
  ASSERT_TRUE(jobs_->cancel(job));
  const WebhookDelivery seen = of_job(job).at(0);
  const Timestamp again = clock_.now() + std::chrono::seconds(10);
  const auto first = deliveries().begin(seen, again);
  ASSERT_TRUE(first);
  EXPECT_EQ(deliveries().begin(seen, again).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(deliveries().due(clock_.now(), 10)->empty());
  EXPECT_EQ(*deliveries().next_due(clock_.now()), again);

  ASSERT_TRUE(deliveries().end_failed(*first, 500, "why", again, clock_.now()));
  const auto second = deliveries().begin(of_job(job).at(0), again);
  ASSERT_TRUE(second);
  EXPECT_EQ(deliveries().end_delivered(*first, 200, clock_.now()).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(deliveries().end_delivered(*second, 200, clock_.now()));
  EXPECT_FALSE(deliveries().end_failed(*second, 500, "why", again, clock_.now()));
  EXPECT_EQ(of_job(job).at(0).state, DeliveryState::kDelivered);
  EXPECT_EQ(of_job(job).at(0).last_error, "");
}

TEST_F(DeliveryStoreTest, PagesAndForgets) {
  tell({JobStatus::kCancelled});
  std::string last;
  for (int i = 0; i < 3; ++i) {
    last = create("http://a/");
    ASSERT_TRUE(jobs_->cancel(last));
  }
  const auto page = deliveries().list(DeliveryState::kPending, "", "", 2);
  ASSERT_EQ(page->deliveries.size(), 2u);
  EXPECT_EQ(page->deliveries[0].job_id, last);
  const auto rest = deliveries().list(DeliveryState::kPending, "", page->next_cursor, 2);
  EXPECT_EQ(rest->deliveries.size(), 1u);
  EXPECT_EQ(rest->next_cursor, "");
  EXPECT_EQ(deliveries().list(std::nullopt, "", "no cursor", 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(deliveries().send_again("msg_unknown", clock_.now()).error().code, ErrorCode::kNotFound);

  const auto attempt = deliveries().begin(page->deliveries[1], clock_.now());
  ASSERT_TRUE(deliveries().end_failed(*attempt, 0, "why", std::nullopt, clock_.now()));
  ASSERT_TRUE(jobs_->remove(last));
  ASSERT_TRUE(jobs_->remove(page->deliveries[1].job_id));
  EXPECT_EQ(of_job(last).size(), 1u) << "still to be sent";
  EXPECT_TRUE(of_job(page->deliveries[1].job_id).empty()) << "dead, and its job is gone";
  const auto sent = deliveries().begin(page->deliveries[0], clock_.now());
  ASSERT_TRUE(deliveries().end_delivered(*sent, 200, clock_.now()));
  ASSERT_TRUE(deliveries().remove_ended(clock_.now()));
  EXPECT_TRUE(of_job(last).empty());
}

}  // namespace
}  // namespace modelport
