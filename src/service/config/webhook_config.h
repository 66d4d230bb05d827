#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace modelport {

/// How jobs are told of to their webhook_url.
struct WebhookConfig {
  /// "whsec_" and 24 to 64 bytes in base64. Each signs every message, so that a new one can be brought in before the
  /// old one goes. Empty: this service sends no webhooks.
  std::vector<std::string> secrets;
  bool on_start = false;  ///< Also when an attempt begins, not only when the job has ended.
  /// Receivers on a network that is not the public one: host names, addresses, or ranges like "10.1.0.0/16".
  std::vector<std::string> allow;
  int attempts = 12;
  std::chrono::milliseconds first_pause{
      5000};  ///< After the first failure; three times as long after each further one,
  std::chrono::milliseconds longest_pause{6 * 3600 * 1000};  ///< up to this.
  std::chrono::seconds timeout{15};                          ///< Of one attempt.

  bool operator==(const WebhookConfig&) const = default;
};

}  // namespace modelport
