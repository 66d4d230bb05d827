#include "service/jobs/postgres_delivery_store.h"

#include "service/jobs/delivery_row.h"
#include "service/jobs/job_row.h"

namespace modelport {

namespace {

Result<std::vector<WebhookDelivery>> deliveries_of(PostgresRows rows) {
  std::vector<WebhookDelivery> deliveries;
  while (rows.next()) {
    TRY(delivery, delivery_from_row(rows));
    deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

/// An attempt's end that was cut off at its commit may be there already, and is then not told twice.
Status require_told(const PostgresWrite& write, int64_t changed, int64_t sequence) {
  return write.is_repeat ? Status() : require_live_attempt(changed, sequence);
}

}  // namespace

Status PostgresDeliveryStore::write(PostgresPool::Durability durability, const PostgresPool::Change& change) {
  TRY(topics, pool_.write(durability, change));
  for (const std::string& topic : topics) changes_.notify(topic);
  return {};
}

Status PostgresDeliveryStore::tell_of(std::span<const JobStatus> states) {
  return write(PostgresPool::Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    // Another process that starts waits here, so that the rows are those of one of them.
    CHECK_OK(write.database.query("LOCK TABLE webhook_events IN SHARE ROW EXCLUSIVE MODE"));
    CHECK_OK(write.database.run("DELETE FROM webhook_events"));
    for (const JobStatus status : states)
      CHECK_OK(write.database.run("INSERT INTO webhook_events (status, event) VALUES ($1, $2)", info(status).name,
                                  delivery_event_name(status)));
    return {};
  });
}

Result<std::vector<WebhookDelivery>> PostgresDeliveryStore::due(int limit) {
  std::vector<WebhookDelivery> found;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query(fmt::format("SELECT {0} FROM (SELECT DISTINCT ON (origin) {0} FROM webhook_deliveries "
                                         "WHERE state = 'pending' AND next_attempt_at <= microseconds_now() "
                                         "ORDER BY origin, next_attempt_at, seq) AS first_of_each "
                                         "ORDER BY next_attempt_at, seq LIMIT $1",
                                         kDeliveryColumns),
                             limit));
    TRY(deliveries, deliveries_of(std::move(rows)));
    found = std::move(deliveries);
    return {};
  }));
  return found;
}

Result<std::optional<DeliveryStore::Duration>> PostgresDeliveryStore::next_due() {
  std::optional<Duration> next;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query("SELECT min(next_attempt_at) - now FROM webhook_deliveries, microseconds_now() AS now "
                             "WHERE state = 'pending' AND next_attempt_at > now GROUP BY now"));
    if (rows.next()) next = Duration(rows.integer(0));
    return {};
  }));
  return next;
}

Result<DeliveryAttempt> PostgresDeliveryStore::begin(const WebhookDelivery& delivery, Duration pause) {
  // Cut off at its commit, it may be another process's attempt that is there: then nobody sends before it is due again.
  CHECK_OK(write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    TRY(changed, write.database.run("UPDATE webhook_deliveries SET attempts = attempts + 1, "
                                    "next_attempt_at = microseconds_now() + $1 "
                                    "WHERE seq = $2 AND attempts = $3 AND state = 'pending'",
                                    pause.count(), delivery.sequence, delivery.attempts));
    return require_live_attempt(changed, delivery.sequence);
  }));
  return DeliveryAttempt{delivery.sequence, delivery.attempts + 1};
}

Status PostgresDeliveryStore::end_delivered(const DeliveryAttempt& attempt, int status) {
  return write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    TRY(changed, write.database.run("UPDATE webhook_deliveries SET state = 'delivered', next_attempt_at = NULL, "
                                    "last_status = $1, last_error = '', ended_at = microseconds_now() "
                                    "WHERE seq = $2 AND attempts = $3 AND state = 'pending'",
                                    status, attempt.sequence, attempt.number));
    return require_told(write, changed, attempt.sequence);
  });
}

Status PostgresDeliveryStore::end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                                         std::optional<Duration> pause) {
  const auto state = pause ? DeliveryState::kPending : DeliveryState::kDead;
  const auto wait = pause ? std::optional(pause->count()) : std::nullopt;
  return write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    TRY(changed, write.database.run("UPDATE webhook_deliveries SET state = $1, next_attempt_at = microseconds_now() + "
                                    "$2, ended_at = CASE WHEN $2 IS NULL THEN microseconds_now() END, "
                                    "last_status = $3, last_error = $4 "
                                    "WHERE seq = $5 AND attempts = $6 AND state = 'pending'",
                                    delivery_state_name(state), wait, status, error, attempt.sequence, attempt.number));
    return require_told(write, changed, attempt.sequence);
  });
}

Result<DeliveryPage> PostgresDeliveryStore::list(const DeliveryFilter& filter, const std::string& cursor, int limit) {
  CHECK_OK(check_delivery_limit(limit));
  TRY(below, sequence_of(cursor));
  std::string statement = fmt::format("SELECT {} FROM webhook_deliveries WHERE seq < $1", kDeliveryColumns);
  if (filter.state) statement += " AND state = $3";
  if (!filter.job_id.empty()) statement += " AND job_id = $4";
  DeliveryPage page;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query(statement + " ORDER BY seq DESC LIMIT $2", below, limit + 1,
                             filter.state ? delivery_state_name(*filter.state) : "", filter.job_id));
    TRY(deliveries, deliveries_of(std::move(rows)));
    page = page_of_deliveries(std::move(deliveries), limit);
    return {};
  }));
  return page;
}

Result<WebhookDelivery> PostgresDeliveryStore::send_again(std::string_view id) {
  WebhookDelivery sent;
  CHECK_OK(write(PostgresPool::Durability::kOnReturn, [&](PostgresWrite& write) -> Status {
    TRY(changed, write.database.run("UPDATE webhook_deliveries SET state = 'pending', attempts = 0, next_attempt_at = "
                                    "microseconds_now(), ended_at = NULL WHERE id = $1 AND state <> 'pending'",
                                    id));
    TRY(rows,
        write.database.query(fmt::format("SELECT {} FROM webhook_deliveries WHERE id = $1", kDeliveryColumns), id));
    TRY(found, deliveries_of(std::move(rows)));
    if (found.empty()) return not_to_be_sent_again(id, "");
    if (changed == 0 && !write.is_repeat) return not_to_be_sent_again(id, delivery_state_name(found[0].state));
    sent = std::move(found[0]);
    write.note_change("");
    return {};
  }));
  return sent;
}

Result<DeliveryCounts> PostgresDeliveryStore::counts() {
  DeliveryCounts counts;
  CHECK_OK(pool_.read([&](PostgresConnection& database) -> Status {
    TRY(rows, database.query(
                  "SELECT count(CASE WHEN state = 'pending' THEN 1 END), count(CASE WHEN state = 'dead' THEN 1 END) "
                  "FROM webhook_deliveries WHERE state IN ('pending', 'dead')"));
    if (rows.next()) counts = {rows.integer(0), rows.integer(1)};
    return {};
  }));
  return counts;
}

Status PostgresDeliveryStore::remove_ended(Duration age) {
  return write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(
        write.database.run("DELETE FROM webhook_deliveries WHERE ended_at < microseconds_now() - $1", age.count()));
    return {};
  });
}

}  // namespace modelport
