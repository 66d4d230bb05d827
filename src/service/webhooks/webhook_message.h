#pragma once

#include <map>
#include <span>
#include <string>

#include "service/jobs/delivery_store.h"
#include "service/webhooks/signature.h"

namespace modelport {

/// What is sent for a delivery.
struct WebhookMessage {
  std::string body;                            ///< {"type", "timestamp", "data"}: the same at every attempt.
  std::map<std::string, std::string> headers;  ///< Lower-case names; webhook-id, -timestamp and -signature among them.
};

/// `now` is of the attempt: receivers refuse old signatures.
WebhookMessage make_message(const WebhookDelivery& delivery, std::span<const WebhookSecret> secrets, Timestamp now);

}  // namespace modelport
