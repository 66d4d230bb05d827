#include "service/webhooks/webhook_sender.h"

#include <gmock/gmock.h>

#include "tests/service/jobs/job_store_rows.h"
#include "tests/service/webhooks/receiver.h"

namespace modelport {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const Receiver::Answer kOk = Receiver::status("204 No Content");

class WebhookSenderTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = SqliteJobStore::open(scratch_.path("jobs.sqlite"), system_clock());
    ASSERT_TRUE(opened) << opened.error().text();
    jobs_ = *std::move(opened);
    const JobStatus told[] = {JobStatus::kCompleted, JobStatus::kFailed, JobStatus::kCancelled};
    ASSERT_TRUE(jobs_->deliveries().tell_of(told));
    config_.secrets = {kSecret};
    config_.allow = {"127.0.0.0/8"};
    config_.attempts = 3;
    config_.first_pause = config_.longest_pause = std::chrono::milliseconds(1);
    config_.timeout = std::chrono::seconds(120);
  }

  void start() {
    auto started = WebhookSender::start(config_, jobs_->deliveries(), jobs_->changes(), system_clock(), resolver_);
    ASSERT_TRUE(started) << started.error().text();
    sender_ = *std::move(started);
  }

  /// A job that is cancelled at once; gives its id.
  std::string ended_job(const std::string& url) {
    NewJob job;
    job.request.framework = "plain";
    job.request.export_format = "onnx";
    job.request.checkpoint_id = "c";
    job.request.webhook_url = url;
    const auto created = jobs_->create(job);
    EXPECT_TRUE(created);
    EXPECT_TRUE(jobs_->cancel(created->job.id));
    return created->job.id;
  }

  WebhookDelivery delivery_of(const std::string& job) {
    const auto page = jobs_->deliveries().list({std::nullopt, job}, "", 10);
    EXPECT_TRUE(page);
    EXPECT_EQ(page->deliveries.size(), 1u);
    return page->deliveries.empty() ? WebhookDelivery() : page->deliveries.front();
  }

  WebhookDelivery wait_for(const std::string& job, DeliveryState state) {
    for (int i = 0; i < 6000; ++i) {
      const WebhookDelivery delivery = delivery_of(job);
      if (delivery.state == state) return delivery;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ADD_FAILURE() << "the delivery is still " << delivery_state_name(delivery_of(job).state);
    return {};
  }

  ScratchDirectory scratch_;
  std::unique_ptr<SqliteJobStore> jobs_;
  WebhookConfig config_;
  Resolver resolver_ = [](const std::string& host) -> Result<std::vector<IpAddress>> {
    return fail(ErrorCode::kUnavailable, "{} is unknown", host);
  };
  std::unique_ptr<WebhookSender> sender_;
};

TEST_F(WebhookSenderTest, SendsASignedMessage) {
  Receiver receiver(kOk);
  start();
  const std::string job = ended_job(receiver.url("/hook?token=t"));
  const WebhookDelivery delivery = wait_for(job, DeliveryState::kDelivered);
  EXPECT_EQ(delivery.last_status, 204);
  ASSERT_EQ(receiver.requests().size(), 1u);
  const ReceivedRequest request = receiver.requests().front();
  EXPECT_EQ(request.path, "/hook?token=t");
  EXPECT_EQ(request.headers.at("content-type"), "application/json");
  EXPECT_EQ(request.headers.at("webhook-id"), delivery.id);
  const int64_t seconds = std::stoll(request.headers.at("webhook-timestamp"));
  EXPECT_EQ(request.headers.at("webhook-signature"),
            WebhookSecret::parse(kSecret)->sign(delivery.id, seconds, request.body));
  const auto body = parse_json(request.body, ErrorCode::kDamaged);
  ASSERT_TRUE(body) << request.body;
  EXPECT_EQ((*body)["type"], "export.cancelled");
  EXPECT_EQ((*body)["data"]["id"], job);
  EXPECT_EQ((*body)["data"]["status"], "cancelled");
}

TEST_F(WebhookSenderTest, SendsTheSameAgainUntilItIsTaken) {
  std::atomic<int> count = 0;
  Receiver receiver([&](int connection, const ReceivedRequest& request) {
    (++count < 3 ? Receiver::status("500 Oh") : kOk)(connection, request);
  });
  start();
  EXPECT_EQ(wait_for(ended_job(receiver.url()), DeliveryState::kDelivered).attempts, 3);
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(requests[0].headers.at("webhook-id"), requests[2].headers.at("webhook-id"));
  EXPECT_EQ(requests[0].body, requests[2].body);
}

TEST_F(WebhookSenderTest, GivesUpAndSendsAgainWhenAsked) {
  Receiver receiver([](int connection, const ReceivedRequest&) {
    Receiver::say(connection, "HTTP/1.1 500 Oh\r\nConnection: close\r\n\r\n\x1b[31mthe receiver's own words");
  });
  testing::internal::CaptureStderr();
  start();
  const std::string job = ended_job(receiver.url("/hook?token=hidden"));
  const WebhookDelivery dead = wait_for(job, DeliveryState::kDead);
  const std::string log = testing::internal::GetCapturedStderr();
  EXPECT_EQ(dead.attempts, 3);
  EXPECT_EQ(dead.last_status, 500);
  EXPECT_EQ(dead.last_error, "the receiver answered 500");
  EXPECT_THAT(log,
              AllOf(HasSubstr(dead.id), Not(HasSubstr("MfKQ")), Not(HasSubstr("hidden")), Not(HasSubstr("own words"))));
  EXPECT_EQ(jobs_->deliveries().list({DeliveryState::kDead, ""}, "", 10)->deliveries.size(), 1u);

  receiver.answer_with(kOk);
  ASSERT_TRUE(jobs_->deliveries().send_again(dead.id));
  EXPECT_EQ(wait_for(job, DeliveryState::kDelivered).id, dead.id);
}

TEST_F(WebhookSenderTest, FollowsNoRedirect) {
  Receiver inner(kOk);
  Receiver receiver([&](int connection, const ReceivedRequest&) {
    Receiver::say(connection, "HTTP/1.1 307 There\r\nLocation: " + inner.url() + "\r\nContent-Length: 0\r\n\r\n");
  });
  start();
  EXPECT_THAT(wait_for(ended_job(receiver.url()), DeliveryState::kDead).last_error, HasSubstr("redirect"));
  EXPECT_EQ(receiver.requests().size(), 3u);
  EXPECT_TRUE(inner.requests().empty());
}

TEST_F(WebhookSenderTest, AsksNoMoreWhereTheReceiverIsGone) {
  Receiver receiver(Receiver::status("410 Gone"));
  start();
  EXPECT_EQ(wait_for(ended_job(receiver.url()), DeliveryState::kDead).attempts, 1);
}

TEST_F(WebhookSenderTest, LeavesAFloodUnread) {
  const std::string piece(65536, 'x');
  Receiver receiver(kOk);
  receiver.answer_with(receiver.endless("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", piece));
  config_.attempts = 1;
  start();
  EXPECT_EQ(wait_for(ended_job(receiver.url()), DeliveryState::kDelivered).last_status, 200);
  receiver.answer_with(receiver.endless("HTTP/1.1 503 No\r\nConnection: close\r\n\r\n", piece));
  EXPECT_EQ(wait_for(ended_job(receiver.url()), DeliveryState::kDead).last_status, 503);
  receiver.answer_with(receiver.endless("HTTP/1.1 200 OK\r\n", "X-More: " + std::string(1000, 'y') + "\r\n"));
  EXPECT_EQ(wait_for(ended_job(receiver.url()), DeliveryState::kDead).last_status, 0) << "headers without an end";
}

TEST_F(WebhookSenderTest, GivesUpOnOneThatHangs) {
  Receiver receiver([](int connection, const ReceivedRequest&) { Receiver::hang(connection); });
  config_.timeout = std::chrono::seconds(1);
  config_.attempts = 1;
  start();
  const WebhookDelivery dead = wait_for(ended_job(receiver.url()), DeliveryState::kDead);
  EXPECT_EQ(dead.last_status, 0);
  EXPECT_NE(dead.last_error, "");
}

TEST_F(WebhookSenderTest, OneThatHangsHoldsUpNeitherOthersNorTheEnd) {
  Receiver hanging([](int connection, const ReceivedRequest&) { Receiver::hang(connection); });
  Receiver receiver(kOk);
  start();
  std::vector<std::string> waiting;
  for (int i = 0; i < 20; ++i) waiting.push_back(ended_job(hanging.url("/" + std::to_string(i))));
  wait_for(ended_job(receiver.url()), DeliveryState::kDelivered);
  EXPECT_LE(hanging.requests().size(), 1u) << "one at a time to each receiver";
  // Within the two minutes that a message may take, or the whole test is too slow.
  sender_.reset();
  for (const std::string& job : waiting) EXPECT_EQ(delivery_of(job).state, DeliveryState::kPending);
  hanging.answer_with(kOk);
  start();
  wait_for(waiting.back(), DeliveryState::kDelivered);
}

TEST_F(WebhookSenderTest, ConnectsToTheAddressThatWasChecked) {
  Receiver receiver(kOk);
  std::atomic<int> asked = 0;
  resolver_ = [&](const std::string& host) -> Result<std::vector<IpAddress>> {
    EXPECT_EQ(host, "hooks.invalid");
    ++asked;
    return std::vector<IpAddress>{*parse_ip("127.0.0.1")};
  };
  start();
  wait_for(ended_job(receiver.url("/hook", "hooks.invalid")), DeliveryState::kDelivered);
  EXPECT_EQ(asked, 1) << "a second answer could be another one";
  EXPECT_THAT(receiver.requests().at(0).headers.at("host"), testing::StartsWith("hooks.invalid:"));
}

TEST_F(WebhookSenderTest, ReachesNoPrivateAddress) {
  Receiver receiver(kOk);
  config_.allow.clear();
  resolver_ = [](const std::string&) -> Result<std::vector<IpAddress>> {
    return std::vector<IpAddress>{*parse_ip("127.0.0.1")};
  };
  start();
  for (const char* host : {"rebound.example", "127.0.0.1", "2130706433", "[::ffff:127.0.0.1]"}) {
    const WebhookDelivery dead = wait_for(ended_job(receiver.url("/", host)), DeliveryState::kDead);
    EXPECT_EQ(dead.attempts, 1) << host;
    EXPECT_THAT(dead.last_error, HasSubstr("loopback"));
  }
  EXPECT_TRUE(receiver.requests().empty());
  EXPECT_FALSE(sender_->check_url("http://127.0.0.1/"));
  EXPECT_FALSE(sender_->check_url("ftp://example.com/"));
  EXPECT_TRUE(sender_->check_url("https://example.com/"));
}

TEST_F(WebhookSenderTest, NeedsASecret) {
  config_.secrets.clear();
  EXPECT_FALSE(WebhookSender::start(config_, jobs_->deliveries(), jobs_->changes(), system_clock()));
  config_.secrets = {"not one"};
  EXPECT_FALSE(WebhookSender::start(config_, jobs_->deliveries(), jobs_->changes(), system_clock()));
}

class SeveralSenders : public testing::TestWithParam<JobStoreRow> {};

TEST_P(SeveralSenders, SendEachMessageOnce) {
  if (const std::string missing = GetParam().missing(); !missing.empty()) GTEST_SKIP() << missing;
  constexpr size_t kReceivers = 4, kJobs = 40;
  std::vector<std::unique_ptr<Receiver>> receivers;
  for (size_t i = 0; i < kReceivers; ++i) receivers.push_back(std::make_unique<Receiver>(kOk));
  ScratchDirectory scratch;
  auto opened = GetParam().open(scratch, system_clock());
  ASSERT_TRUE(opened) << opened.error().text();
  JobStore& jobs = **opened;
  const JobStatus told[] = {JobStatus::kCancelled};
  ASSERT_TRUE(jobs.deliveries().tell_of(told));
  for (size_t i = 0; i < kJobs; ++i) {
    NewJob job;
    job.request.framework = "plain";
    job.request.export_format = "onnx";
    job.request.checkpoint_id = "c";
    job.request.webhook_url = receivers[i % kReceivers]->url();
    const auto created = jobs.create(job);
    ASSERT_TRUE(created && jobs.cancel(created->job.id));
  }
  WebhookConfig config;
  config.secrets = {kSecret};
  config.allow = {"127.0.0.1"};
  std::vector<std::unique_ptr<WebhookSender>> senders;
  for (int i = 0; i < 3; ++i) {
    auto started = WebhookSender::start(config, jobs.deliveries(), jobs.changes(), system_clock());
    ASSERT_TRUE(started) << started.error().text();
    senders.push_back(*std::move(started));
  }
  const auto pending = [&] { return jobs.deliveries().list({DeliveryState::kPending, ""}, "", 1)->deliveries.size(); };
  for (int i = 0; i < 6000 && pending() > 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  senders.clear();
  std::vector<std::string> sent;
  for (const auto& receiver : receivers) {
    for (const ReceivedRequest& request : receiver->requests()) sent.push_back(request.headers.at("webhook-id"));
  }
  EXPECT_EQ(sent.size(), kJobs);
  std::ranges::sort(sent);
  EXPECT_EQ(std::ranges::adjacent_find(sent), sent.end()) << "one was sent twice";
}

INSTANTIATE_TEST_SUITE_P(Stores, SeveralSenders, testing::ValuesIn(job_store_rows()),
                         [](const auto& tested) { return tested.param.name; });

}  // namespace
}  // namespace modelport
