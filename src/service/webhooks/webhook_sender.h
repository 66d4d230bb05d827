#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "service/config/webhook_config.h"
#include "service/jobs/change_feed.h"
#include "service/jobs/delivery_store.h"
#include "service/webhooks/destination.h"
#include "service/webhooks/signature.h"

namespace modelport {

/// Attempts to deliver, by what came of them.
struct WebhookTotals {
  int64_t delivered = 0;
  int64_t failed = 0;    ///< To be tried again.
  int64_t given_up = 0;  ///< The last one allowed, or a receiver that wants or may have none.

  WebhookTotals operator+(const WebhookTotals& other) const {
    return {delivered + other.delivered, failed + other.failed, given_up + other.given_up};
  }
};

/// Sends what the DeliveryStore holds, beside the senders of other processes on the same database: at least once each,
/// several receivers at a time and each of them one message at a time, again with growing pauses until the attempts are
/// used up; then the delivery is dead. Connections go to the very address that was checked, follow no redirect, use no
/// proxy, and what a receiver answers beyond its status is thrown away.
class WebhookSender {
 public:
  /// What the configuration says, checked. kInvalidArgument without a secret, or for a wrong one.
  static Result<std::unique_ptr<WebhookSender>> start(WebhookConfig config, DeliveryStore& deliveries,
                                                      ChangeFeed& changes, Clock& clock,
                                                      Resolver resolver = system_resolver());
  ~WebhookSender();

  /// From the next message on by this configuration; what is under way ends by the one it began with. Errors are those
  /// of start(), and then nothing is changed.
  Status reconfigure(WebhookConfig config);

  /// Sends nothing more and breaks off what is under way; it is sent again after the next start.
  void shutdown();

  /// Whether a job may have this webhook_url, as far as can be told without DNS: kInvalidArgument with the reason.
  Status check_url(const std::string& url) const;

  WebhookTotals totals() const;

 private:
  /// What a configuration says, checked.
  struct Rules {
    WebhookConfig config;  ///< Without the text of its secrets, which nobody needs any more.
    std::vector<WebhookSecret> secrets;
    AllowedReceivers allowed;
  };
  using SharedRules = std::shared_ptr<const Rules>;
  static Result<SharedRules> rules_from(WebhookConfig config);

  WebhookSender(SharedRules rules, DeliveryStore& deliveries, ChangeFeed& changes, Clock& clock, Resolver resolver);

  struct Taken {
    SharedRules rules;
    WebhookDelivery delivery;
    DeliveryAttempt attempt;
    std::string origin;
    std::chrono::steady_clock::time_point begun_at;
  };
  struct Answer {
    int status = 0;
    std::string error;  ///< Empty: delivered.
    enum class Again { kYes, kNever } again = Again::kYes;
  };

  void work();
  void wake();
  bool is_ending();
  /// Something that is due, begun.
  std::optional<Taken> take();
  /// Until there may be something else to send.
  void rest();
  Answer send(const Taken& taken);
  void note(const Taken& taken, const Answer& answer);
  std::chrono::milliseconds pause_after(const Rules& rules, int attempt);
  SharedRules rules() const;

  DeliveryStore& deliveries_;
  Clock& clock_;
  const Resolver resolver_;
  mutable std::mutex mutex_;  ///< Held for a moment only: whoever changes a job calls wake().
  SharedRules rules_;
  std::condition_variable changed_;
  bool has_news_ = false;
  bool is_ending_ = false;
  WebhookTotals totals_;
  std::mutex taking_;
  std::set<std::string> busy_;  ///< Origins that a message is on its way to.
  std::mutex random_mutex_;
  std::minstd_rand random_{std::random_device{}()};
  ChangeFeed::Subscription subscription_;
  std::vector<std::thread> threads_;
};

}  // namespace modelport
