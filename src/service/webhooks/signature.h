#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "service/jobs/clock.h"

namespace modelport {

/// A secret of Standard Webhooks (github.com/standard-webhooks, spec "Signature scheme"): it can sign and nothing else,
/// so that it comes into no log.
class WebhookSecret {
 public:
  /// "whsec_" and 24 to 64 bytes in base64. The error never holds the text.
  static Result<WebhookSecret> parse(std::string_view text);

  /// "v1,BASE64": HMAC-SHA256 over "id.seconds.body".
  std::string sign(std::string_view id, int64_t unix_seconds, std::string_view body) const;

 private:
  explicit WebhookSecret(std::string key) : key_(std::move(key)) {}
  std::string key_;
};

}  // namespace modelport
