#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "service/jobs/clock.h"
#include "service/jobs/job_state.h"

namespace modelport {

enum class DeliveryState {
  kPending,    ///< Still to be sent, or sent again.
  kDelivered,  ///< The receiver answered 2xx.
  kDead,       ///< Given up; a person may have it sent again.
};
/// "pending", "delivered", "dead"
std::string_view delivery_state_name(DeliveryState state);
std::optional<DeliveryState> delivery_state_from_name(std::string_view name);

/// One message to a job's webhook_url. All that it says was fixed by the change that it tells.
struct WebhookDelivery {
  int64_t sequence = 0;  ///< Rises over all deliveries.
  std::string id;        ///< "msg_" and 32 hexadecimal digits; the receiver tells a repetition by it.
  std::string job_id;
  std::string event;  ///< "export.completed"
  std::string url;
  Json data;             ///< The job at that moment.
  Timestamp created_at;  ///< Of the change.
  DeliveryState state = DeliveryState::kPending;
  int attempts = 0;                          ///< Begun so far.
  std::optional<Timestamp> next_attempt_at;  ///< While pending.
  std::optional<Timestamp> ended_at;         ///< Once it is not.
  int last_status = 0;                       ///< Of the last answer; 0 without one.
  std::string last_error;                    ///< Why the last attempt failed; never the receiver's words.
};

/// The right to end one attempt; refused (kConflict) once the delivery has gone on without it.
struct DeliveryAttempt {
  int64_t sequence = 0;
  int number = 0;  ///< From 1.
};

struct DeliveryFilter {
  std::optional<DeliveryState> state;
  std::string job_id;  ///< Empty: of every job.
};
struct DeliveryPage {
  std::vector<WebhookDelivery> deliveries;  ///< Newest first.
  std::string next_cursor;                  ///< Empty on the last page.
};

/// How many there are that want something.
struct DeliveryCounts {
  int64_t pending = 0, dead = 0;
};

/// Webhook deliveries, in the database of the jobs. They appear there with the change of the job itself: a job that
/// ended has its delivery, or the end is not recorded either. Time is the store's alone, so that processes whose clocks
/// differ agree on what is due. Safe from any thread; errors are those of JobStore.
class DeliveryStore {
 public:
  using Duration = std::chrono::microseconds;
  virtual ~DeliveryStore() = default;

  /// From now on a job with a webhook_url that comes into one of these states gets a delivery, whichever process
  /// changes it.
  virtual Status tell_of(std::span<const JobStatus> states) = 0;

  /// Deliveries to be sent now, longest due first, at most one per origin (scheme, host and port of the URL).
  virtual Result<std::vector<WebhookDelivery>> due(int limit) = 0;
  /// In how long the first one that is not due yet will be.
  virtual Result<std::optional<Duration>> next_due() = 0;
  /// Before it is sent: counts the attempt. If nothing ends it, the delivery is due again after `pause`, which nobody
  /// else may send it before. kConflict when somebody else has begun it since it was read.
  virtual Result<DeliveryAttempt> begin(const WebhookDelivery& delivery, Duration pause) = 0;
  virtual Status end_delivered(const DeliveryAttempt& attempt, int status) = 0;
  /// Due again after `pause`; without one it is dead.
  virtual Status end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                            std::optional<Duration> pause) = 0;

  /// `limit` is 1 to 200; kInvalidArgument for a cursor that is none.
  virtual Result<DeliveryPage> list(const DeliveryFilter& filter, const std::string& cursor, int limit) = 0;
  /// A delivery that has ended is pending again, with all its attempts before it; gives it as it is then. kConflict for
  /// one that is pending, kNotFound.
  virtual Result<WebhookDelivery> send_again(std::string_view id) = 0;
  virtual Result<DeliveryCounts> counts() = 0;
  /// Forgets what ended longer ago than this.
  virtual Status remove_ended(Duration age) = 0;
};

}  // namespace modelport
