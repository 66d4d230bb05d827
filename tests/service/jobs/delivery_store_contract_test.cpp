#include "service/jobs/delivery_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/service/jobs/job_store_rows.h"

/// What every DeliveryStore does, whatever it is made of.
namespace modelport {
namespace {

using Duration = DeliveryStore::Duration;
constexpr Duration kLong = std::chrono::hours(1);

class DeliveryStoreContract : public testing::TestWithParam<JobStoreRow> {
 protected:
  void SetUp() override {
    if (const std::string missing = GetParam().missing(); !missing.empty()) GTEST_SKIP() << missing;
    reopen();
  }
  void reopen() {
    jobs_.reset();
    jobs_ = open();
  }
  std::unique_ptr<JobStore> open() {
    auto opened = GetParam().open(scratch_, clock_);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? *std::move(opened) : nullptr;
  }

  void tell(std::vector<JobStatus> states) {
    const Status told = deliveries().tell_of(states);
    ASSERT_TRUE(told) << told.error().text();
  }
  DeliveryStore& deliveries() { return jobs_->deliveries(); }

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
    const auto page = deliveries().list({std::nullopt, job}, "", 200);
    EXPECT_TRUE(page) << page.error().text();
    return page->deliveries;
  }
  /// A job's only delivery.
  WebhookDelivery told_of(const std::string& job) {
    const auto all = of_job(job);
    EXPECT_EQ(all.size(), 1u);
    return all.empty() ? WebhookDelivery() : all.front();
  }
  static JobError failure() { return {FailureCode::kExportFailed, "layer \"7\"\nis\x01 unknown", std::nullopt, 1, 0}; }

  ScratchDirectory scratch_;
  SteppingClock clock_;
  std::unique_ptr<JobStore> jobs_;
};

TEST_P(DeliveryStoreContract, EveryEndOfAJobHasItsDelivery) {
  tell({JobStatus::kCompleted, JobStatus::kFailed, JobStatus::kCancelled});
  const std::string failed = create("http://a.example/");
  const JobLease lease = claim();
  EXPECT_TRUE(of_job(failed).empty()) << "nobody asked for starts";
  ASSERT_TRUE(jobs_->finish_failed(lease, failure()));
  const WebhookDelivery told = told_of(failed);
  EXPECT_EQ(told.event, "export.failed");
  EXPECT_TRUE(told.id.starts_with("msg_") && told.id.size() == 36) << told.id;
  EXPECT_EQ(told.data["error"]["code"], "export_failed");
  EXPECT_EQ(told.data["error"]["message"], failure().message);
  EXPECT_EQ(told.data["training_job_id"], "training");
  EXPECT_EQ(told.data["version"], 1);
  EXPECT_EQ(told.data["version_tag"], nullptr);
  EXPECT_EQ(told.created_at, jobs_->find(failed)->completed_at);
  EXPECT_FALSE(jobs_->finish_cancelled(lease));
  EXPECT_EQ(of_job(failed).size(), 1u) << "a refused change tells nothing";

  const std::string completed = create("http://a.example/");
  Completion completion;
  completion.artifact = {"key.zip", "digest", 12};
  completion.metadata = Json::object();
  completion.model_name = "odd \x02 \"name\"";
  ASSERT_TRUE(jobs_->finish_completed(claim(), completion));
  EXPECT_EQ(told_of(completed).data["sha256"], "digest");
  EXPECT_EQ(told_of(completed).data["bytes"], 12);
  EXPECT_EQ(told_of(completed).data["model_name"], completion.model_name);
  EXPECT_EQ(told_of(completed).data["error"], nullptr);
  EXPECT_NE(told_of(completed).id, told.id);

  const std::string pending = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(pending));
  EXPECT_EQ(told_of(pending).event, "export.cancelled");
  const std::string silent = create("");
  ASSERT_TRUE(jobs_->cancel(silent));
  EXPECT_TRUE(of_job(silent).empty());
}

TEST_P(DeliveryStoreContract, AttemptsThatAreAbandonedAreNoEnd) {
  tell({JobStatus::kRunning, JobStatus::kFailed});
  const std::string job = create("http://a.example/");
  for (int attempt = 1; attempt <= 3; ++attempt) ASSERT_TRUE(jobs_->abandon(claim(), failure()));
  const auto told = of_job(job);
  ASSERT_EQ(told.size(), 4u);
  EXPECT_EQ(told[0].event, "export.failed");
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(told[static_cast<size_t>(i)].event, "export.started");
}

TEST_P(DeliveryStoreContract, NothingIsRecordedWhereNothingIsAskedFor) {
  tell({JobStatus::kCancelled});
  tell({});
  const std::string job = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(job));
  EXPECT_TRUE(of_job(job).empty());
}

TEST_P(DeliveryStoreContract, SurvivesTheProcess) {
  tell({JobStatus::kCancelled});
  const std::string job = create("http://a.example/");
  ASSERT_TRUE(jobs_->cancel(job));
  reopen();
  EXPECT_EQ(told_of(job).state, DeliveryState::kPending);
}

TEST_P(DeliveryStoreContract, GivesOneOfEachOriginOldestFirst) {
  tell({JobStatus::kCancelled});
  std::vector<std::string> jobs;
  for (const char* url : {"http://a/1", "http://a/2", "https://a/3", "http://a:81/4", "http://A/5?x", "http://b"})
    jobs.push_back(create(url));
  for (const std::string& job : jobs) ASSERT_TRUE(jobs_->cancel(job));
  const auto due = deliveries().due(10);
  ASSERT_TRUE(due) << due.error().text();
  ASSERT_EQ(due->size(), 4u);
  EXPECT_EQ((*due)[0].url, "http://a/1");
  EXPECT_EQ((*due)[1].url, "https://a/3");
  EXPECT_EQ((*due)[2].url, "http://a:81/4");
  EXPECT_EQ((*due)[3].url, "http://b");
  EXPECT_EQ(deliveries().due(2)->size(), 2u);
  EXPECT_FALSE(*deliveries().next_due()) << "all of them are due already";
}

TEST_P(DeliveryStoreContract, AnAttemptEndsOnceAndByWhoeverBeganIt) {
  tell({JobStatus::kCancelled});
  const std::string job = create("http://a/");
  ASSERT_TRUE(jobs_->cancel(job));
  const WebhookDelivery seen = told_of(job);
  const auto first = deliveries().begin(seen, kLong);
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(deliveries().begin(seen, kLong).error().code, ErrorCode::kConflict);
  EXPECT_TRUE(deliveries().due(10)->empty());
  const auto next = deliveries().next_due();
  ASSERT_TRUE(next && *next);
  EXPECT_LE(**next, kLong);
  EXPECT_GT(**next, kLong - std::chrono::minutes(5));

  const Status ended = deliveries().end_failed(*first, 500, "why", Duration(0));
  ASSERT_TRUE(ended) << ended.error().text();
  ASSERT_EQ(deliveries().due(10)->size(), 1u);
  EXPECT_EQ(told_of(job).last_error, "why");
  EXPECT_EQ(told_of(job).last_status, 500);
  const auto second = deliveries().begin(told_of(job), kLong);
  ASSERT_TRUE(second);
  EXPECT_EQ(deliveries().end_delivered(*first, 200).error().code, ErrorCode::kConflict);
  ASSERT_TRUE(deliveries().end_delivered(*second, 200));
  EXPECT_FALSE(deliveries().end_failed(*second, 500, "why", kLong));
  EXPECT_EQ(told_of(job).state, DeliveryState::kDelivered);
  EXPECT_EQ(told_of(job).last_error, "");
  EXPECT_TRUE(told_of(job).ended_at);
}

TEST_P(DeliveryStoreContract, OfManyWhoBeginOneDoes) {
  tell({JobStatus::kCancelled});
  for (int round = 0; round < 5; ++round) {
    const std::string job = create("http://a/");
    ASSERT_TRUE(jobs_->cancel(job));
    const WebhookDelivery seen = told_of(job);
    std::atomic<int> begun = 0, refused = 0;
    std::vector<std::thread> senders;
    for (int i = 0; i < 6; ++i) {
      senders.emplace_back([&] {
        const auto attempt = deliveries().begin(seen, kLong);
        ++(attempt ? begun : refused);
      });
    }
    for (std::thread& sender : senders) sender.join();
    EXPECT_EQ(begun, 1);
    EXPECT_EQ(refused, 5);
  }
}

TEST_P(DeliveryStoreContract, DeadAndDeliveredAreSentAgainWhenAsked) {
  tell({JobStatus::kCancelled});
  const std::string job = create("http://a/");
  ASSERT_TRUE(jobs_->cancel(job));
  const std::string id = told_of(job).id;
  EXPECT_EQ(deliveries().send_again("msg_unknown").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(deliveries().send_again(id).error().code, ErrorCode::kConflict) << "it is pending";
  for (const bool is_taken : {false, true}) {
    const auto attempt = deliveries().begin(told_of(job), kLong);
    ASSERT_TRUE(attempt);
    ASSERT_TRUE(is_taken ? deliveries().end_delivered(*attempt, 200)
                         : deliveries().end_failed(*attempt, 0, "why", std::nullopt));
    EXPECT_EQ(told_of(job).state, is_taken ? DeliveryState::kDelivered : DeliveryState::kDead);
    EXPECT_TRUE(deliveries().due(10)->empty());
    const auto sent = deliveries().send_again(id);
    ASSERT_TRUE(sent) << sent.error().text();
    EXPECT_EQ(sent->state, DeliveryState::kPending);
    EXPECT_EQ(sent->attempts, 0);
    EXPECT_EQ(deliveries().due(10)->size(), 1u);
  }
}

TEST_P(DeliveryStoreContract, PagesAndForgets) {
  tell({JobStatus::kCancelled});
  std::string last;
  for (int i = 0; i < 3; ++i) {
    last = create("http://a/");
    ASSERT_TRUE(jobs_->cancel(last));
  }
  const auto page = deliveries().list({DeliveryState::kPending, ""}, "", 2);
  ASSERT_EQ(page->deliveries.size(), 2u);
  EXPECT_EQ(page->deliveries[0].job_id, last);
  const auto rest = deliveries().list({DeliveryState::kPending, ""}, page->next_cursor, 2);
  EXPECT_EQ(rest->deliveries.size(), 1u);
  EXPECT_EQ(rest->next_cursor, "");
  EXPECT_TRUE(deliveries().list({DeliveryState::kDead, ""}, "", 2)->deliveries.empty());
  EXPECT_EQ(deliveries().list({}, "no cursor", 2).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(deliveries().list({}, "", 201).error().code, ErrorCode::kInvalidArgument);

  const auto attempt = deliveries().begin(page->deliveries[1], kLong);
  ASSERT_TRUE(deliveries().end_failed(*attempt, 0, "why", std::nullopt));
  ASSERT_TRUE(jobs_->remove(last));
  ASSERT_TRUE(jobs_->remove(page->deliveries[1].job_id));
  EXPECT_EQ(of_job(last).size(), 1u) << "still to be sent";
  EXPECT_TRUE(of_job(page->deliveries[1].job_id).empty()) << "dead, and its job is gone";
  const auto sent = deliveries().begin(page->deliveries[0], kLong);
  ASSERT_TRUE(deliveries().end_delivered(*sent, 200));
  ASSERT_TRUE(deliveries().remove_ended(kLong));
  EXPECT_EQ(of_job(last).size(), 1u) << "it ended a moment ago";
  ASSERT_TRUE(deliveries().remove_ended(Duration(0)));
  EXPECT_TRUE(of_job(last).empty());
}

INSTANTIATE_TEST_SUITE_P(Stores, DeliveryStoreContract, testing::ValuesIn(job_store_rows()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace modelport
