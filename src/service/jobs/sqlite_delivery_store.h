#pragma once

#include "service/jobs/delivery_store.h"
#include "service/jobs/sqlite_job_store.h"

namespace modelport {

/// DeliveryStore in the file of a SqliteJobStore, through its connections. Triggers of the schema (migrations.cpp)
/// record deliveries, so that no code that changes a job can forget to.
class SqliteDeliveryStore final : public DeliveryStore {
 public:
  SqliteDeliveryStore(ReadPool& readers, WriteQueue& writes, Clock& clock)
      : readers_(readers), writes_(writes), clock_(clock) {}

  Status tell_of(std::span<const JobStatus> states) override;
  Result<std::vector<WebhookDelivery>> due(int limit) override;
  Result<std::optional<Duration>> next_due() override;
  Result<DeliveryAttempt> begin(const WebhookDelivery& delivery, Duration pause) override;
  Status end_delivered(const DeliveryAttempt& attempt, int status) override;
  Status end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                    std::optional<Duration> pause) override;
  Result<DeliveryPage> list(const DeliveryFilter& filter, const std::string& cursor, int limit) override;
  Result<WebhookDelivery> send_again(std::string_view id) override;
  Result<DeliveryCounts> counts() override;
  Status remove_ended(Duration age) override;

 private:
  ReadPool& readers_;
  WriteQueue& writes_;
  Clock& clock_;
};

}  // namespace modelport
