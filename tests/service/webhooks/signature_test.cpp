#include "service/webhooks/signature.h"

#include <gmock/gmock.h>

#include "service/webhooks/retry_pause.h"
#include "service/webhooks/webhook_message.h"

namespace modelport {
namespace {

using testing::HasSubstr;
using testing::Not;

struct SignatureRow {
  std::string secret, id;
  int64_t seconds;
  std::string body, signature;
};

/// By Python: base64.b64encode(hmac.new(base64.b64decode(secret), f"{id}.{seconds}.{body}".encode(),
/// "sha256").digest())
const SignatureRow kSignatures[] = {
    {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})",
     "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==", "msg_x", 0, "",
     "v1,oZZmkjnRzE08lf0mONf+4DTvzopVbR4ZiVqsDiDsWRc="},
    {"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==", "msg_\xc3\xbc", -1, "a.b\n",
     "v1,SphQSqebU3GslS7Fk13iDiDdJMMtZPULwkZSslBjfCo="},
};

TEST(SignatureTest, IsWhatOthersCompute) {
  for (const SignatureRow& row : kSignatures) {
    const auto secret = WebhookSecret::parse(row.secret);
    ASSERT_TRUE(secret) << secret.error().text();
    EXPECT_EQ(secret->sign(row.id, row.seconds, row.body), row.signature);
  }
}

TEST(SignatureTest, RefusesWhatIsNoSecretWithoutRepeatingIt) {
  for (const char* text :
       {"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "whsec_MfKQ9r8G",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa-_",
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}) {
    const auto secret = WebhookSecret::parse(text);
    ASSERT_FALSE(secret) << text;
    EXPECT_THAT(secret.error().text(), Not(HasSubstr("MfKQ")));
  }
}

TEST(WebhookMessageTest, CarriesASignatureOfEverySecret) {
  WebhookDelivery delivery;
  delivery.id = "msg_1";
  delivery.event = "export.completed";
  delivery.data = {{"id", "job_1"}};
  delivery.created_at = *timestamp_from_text("2026-01-02T03:04:05.000006Z");
  const std::vector<WebhookSecret> secrets = {*WebhookSecret::parse(kSignatures[0].secret),
                                              *WebhookSecret::parse(kSignatures[1].secret)};
  const WebhookMessage message = make_message(delivery, secrets, *timestamp_from_text("2026-01-02T03:05:00.999999Z"));
  EXPECT_EQ(message.body,
            R"({"type":"export.completed","timestamp":"2026-01-02T03:04:05.000006Z","data":{"id":"job_1"}})");
  EXPECT_EQ(message.headers.at("webhook-timestamp"), "1767323100");
  EXPECT_EQ(message.headers.at("webhook-signature"), secrets[0].sign("msg_1", 1767323100, message.body) + " " +
                                                         secrets[1].sign("msg_1", 1767323100, message.body));
}

TEST(RetryPauseTest, GrowsUpToItsBoundWithJitter) {
  WebhookConfig config;
  config.first_pause = std::chrono::milliseconds(1000);
  config.longest_pause = std::chrono::milliseconds(10000);
  const auto pause = [&](int attempt, double random) { return retry_pause(config, attempt, random).count(); };
  EXPECT_EQ(pause(1, 1), 1000);
  EXPECT_EQ(pause(1, 0), 500);
  EXPECT_EQ(pause(2, 1), 3000);
  EXPECT_EQ(pause(3, 0.5), 6750);
  EXPECT_EQ(pause(4, 1), 10000);
  EXPECT_EQ(pause(1000000, 1), 10000);
}

}  // namespace
}  // namespace modelport
