#pragma once

#include "service/jobs/change_feed.h"
#include "service/jobs/delivery_store.h"
#include "service/jobs/postgres_pool.h"

namespace modelport {

/// DeliveryStore in the database of a PostgresJobStore, through its connections, for any number of processes that send.
/// A trigger of the schema (postgres_migrations.cpp) records deliveries.
class PostgresDeliveryStore final : public DeliveryStore {
 public:
  PostgresDeliveryStore(PostgresPool& pool, ChangeFeed& changes) : pool_(pool), changes_(changes) {}

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
  Status write(PostgresPool::Durability durability, const PostgresPool::Change& change);

  PostgresPool& pool_;
  ChangeFeed& changes_;
};

}  // namespace modelport
