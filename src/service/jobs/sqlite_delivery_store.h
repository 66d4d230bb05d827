#pragma once

#include "service/jobs/delivery_store.h"
#include "service/jobs/sqlite_job_store.h"

namespace modelport {

/// DeliveryStore in the file of a SqliteJobStore, through its connections. Triggers of the schema (migrations.cpp)
/// record deliveries, so that no code that changes a job can forget to.
class SqliteDeliveryStore final : public DeliveryStore {
 public:
  SqliteDeliveryStore(ReadPool& readers, WriteQueue& writes) : readers_(readers), writes_(writes) {}

  Status tell_of(std::span<const JobStatus> states) override;
  Result<std::vector<WebhookDelivery>> due(Timestamp now, int limit) override;
  Result<std::optional<Timestamp>> next_due(Timestamp now) override;
  Result<DeliveryAttempt> begin(const WebhookDelivery& delivery, Timestamp again_at) override;
  Status end_delivered(const DeliveryAttempt& attempt, int status, Timestamp now) override;
  Status end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                    std::optional<Timestamp> again_at, Timestamp now) override;
  Result<DeliveryPage> list(std::optional<DeliveryState> state, std::string_view job_id, const std::string& cursor,
                            int limit) override;
  Status send_again(std::string_view id, Timestamp now) override;
  Status remove_ended(Timestamp before) override;

 private:
  ReadPool& readers_;
  WriteQueue& writes_;
};

}  // namespace modelport
