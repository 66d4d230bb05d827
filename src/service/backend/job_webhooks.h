#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "service/webhooks/webhook_sender.h"

namespace modelport {

/// Whether and how this process tells of jobs by webhook, which a reload may change. Safe from any thread.
class JobWebhooks {
 public:
  enum class Database {
    kOwn,     ///< Of this process alone: without a secret nothing is recorded to be told.
    kShared,  ///< Of several: those with a secret decide what is told of, and send it.
  };
  JobWebhooks(DeliveryStore& deliveries, ChangeFeed& changes, Clock& clock, Database database)
      : deliveries_(deliveries), changes_(changes), clock_(clock), database_(database) {}

  /// From now on by this configuration; without a secret nothing is sent, and what is owed waits. kInvalidArgument for
  /// a wrong secret or receiver, and what the database says; then nothing is changed, or is asked for again by a second
  /// call.
  Status use(const WebhookConfig& config);
  /// Whether a job may have this webhook_url; kInvalidArgument with the reason. Empty is allowed.
  Status check_url(const std::string& url) const;
  /// Since the start, whatever was reloaded meanwhile.
  WebhookTotals totals() const;
  void shutdown();

 private:
  using Sender = std::shared_ptr<WebhookSender>;
  Sender sender() const;
  void replace(Sender sender);

  DeliveryStore& deliveries_;
  ChangeFeed& changes_;
  Clock& clock_;
  const Database database_;
  std::mutex changing_;  ///< One use() at a time.
  std::optional<WebhookConfig> used_;
  mutable std::mutex mutex_;
  Sender sender_;       ///< Null where none are sent.
  WebhookTotals past_;  ///< Of senders that were given up.
};

}  // namespace modelport
