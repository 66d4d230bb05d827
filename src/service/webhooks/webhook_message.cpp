#include "service/webhooks/webhook_message.h"

namespace modelport {

WebhookMessage make_message(const WebhookDelivery& delivery, std::span<const WebhookSecret> secrets, Timestamp now) {
  const Json document = {
      {"type", delivery.event}, {"timestamp", timestamp_text(delivery.created_at)}, {"data", delivery.data}};
  WebhookMessage message;
  message.body = document.dump(-1, ' ', false, Json::error_handler_t::replace);
  const int64_t seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  std::string signatures;
  for (const WebhookSecret& secret : secrets)
    signatures += (signatures.empty() ? "" : " ") + secret.sign(delivery.id, seconds, message.body);
  message.headers = {
      {"content-type", "application/json"}, {"user-agent", "modelport/" MODELPORT_VERSION},
      {"webhook-id", delivery.id},          {"webhook-timestamp", std::to_string(seconds)},
      {"webhook-signature", signatures},
  };
  return message;
}

}  // namespace modelport
