#include <gmock/gmock.h>

#include "service/backend/backend.h"
#include "tests/service/backend/backend_fixture.h"
#include "tests/service/webhooks/receiver.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

class BackendWebhooksTest : public BackendFixture {
 protected:
  ServiceConfig with_webhooks() {
    ServiceConfig wanted = config();
    wanted.webhooks.secrets = {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    wanted.webhooks.allow = {"127.0.0.1"};
    wanted.webhooks.on_start = true;
    return wanted;
  }
};

TEST_F(BackendWebhooksTest, TellsOfAJobFromStartToEnd) {
  Receiver receiver(Receiver::status("200 OK"));
  start(with_webhooks());
  JobRequest wanted = request("exit1");
  wanted.webhook_url = receiver.url();
  const Job job = run(wanted);
  for (int i = 0; i < 6000 && receiver.requests().size() < 2; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  const auto requests = receiver.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_THAT(requests[0].body, HasSubstr("export.started"));
  EXPECT_THAT(requests[1].body, HasSubstr("export.failed"));
  EXPECT_THAT(requests[1].body, HasSubstr("layer 7 is unknown"));
}

TEST_F(BackendWebhooksTest, RefusesAUrlThatItWillNotCall) {
  start(with_webhooks());
  JobRequest wanted = request();
  for (const char* url :
       {"ftp://example.com/", "http://10.0.0.1/", "http://[::1]/", "https://user:word@example.com/"}) {
    wanted.webhook_url = url;
    const auto refused = backend_->submit(wanted, "");
    ASSERT_FALSE(refused) << url;
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(refused.error().text(), HasSubstr("webhook_url"));
    EXPECT_THAT(refused.error().text(), Not(HasSubstr("word")));
  }
  start(config());
  wanted.webhook_url = "https://example.com/";
  EXPECT_THAT(backend_->submit(wanted, "").error().text(), HasSubstr("sends no webhooks"));
}

}  // namespace
}  // namespace modelport
