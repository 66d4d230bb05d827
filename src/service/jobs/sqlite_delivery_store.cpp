#include "service/jobs/sqlite_delivery_store.h"

#include "service/jobs/delivery_row.h"
#include "service/jobs/job_row.h"

namespace modelport {

namespace {

Result<std::vector<WebhookDelivery>> deliveries_of(SqliteRows rows) {
  std::vector<WebhookDelivery> deliveries;
  while (true) {
    TRY(more, rows.next());
    if (!more) return deliveries;
    TRY(delivery, delivery_from_row(rows));
    deliveries.push_back(std::move(delivery));
  }
}

}  // namespace

Status SqliteDeliveryStore::tell_of(std::span<const JobStatus> states) {
  return writes_.run(WriteQueue::Durability::kOnReturn, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("DELETE FROM webhook_events"));
    for (const JobStatus status : states)
      CHECK_OK(context.database.run("INSERT INTO webhook_events (status, event) VALUES (?, ?)", info(status).name,
                                    delivery_event_name(status)));
    return {};
  });
}

Result<std::vector<WebhookDelivery>> SqliteDeliveryStore::due(int limit) {
  TRY(reader, readers_.take());
  // With one min() SQLite takes the other columns from the row that has it.
  TRY(rows, reader->query(fmt::format("SELECT {}, min(next_attempt_at) FROM webhook_deliveries "
                                      "WHERE state = 'pending' AND next_attempt_at <= ? "
                                      "GROUP BY origin ORDER BY next_attempt_at, seq LIMIT ?",
                                      kDeliveryColumns),
                          clock_.now(), limit));
  return deliveries_of(std::move(rows));
}

Result<std::optional<DeliveryStore::Duration>> SqliteDeliveryStore::next_due() {
  const Timestamp now = clock_.now();
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT min(next_attempt_at) FROM webhook_deliveries "
                          "WHERE state = 'pending' AND next_attempt_at > ?",
                          now));
  CHECK_OK(rows.next());
  const auto next = rows.optional_time(0);
  return next ? std::optional<Duration>(*next - now) : std::nullopt;
}

Result<DeliveryAttempt> SqliteDeliveryStore::begin(const WebhookDelivery& delivery, Duration pause) {
  CHECK_OK(writes_.run(WriteQueue::Durability::kEventual, [&](WriteContext& context) -> Status {
    TRY(changed, context.database.run("UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = ? "
                                      "WHERE seq = ? AND attempts = ? AND state = 'pending'",
                                      clock_.now() + pause, delivery.sequence, delivery.attempts));
    return require_live_attempt(changed, delivery.sequence);
  }));
  return DeliveryAttempt{delivery.sequence, delivery.attempts + 1};
}

Status SqliteDeliveryStore::end_delivered(const DeliveryAttempt& attempt, int status) {
  return writes_.run(WriteQueue::Durability::kEventual, [&](WriteContext& context) -> Status {
    TRY(changed, context.database.run("UPDATE webhook_deliveries SET state = 'delivered', next_attempt_at = NULL, "
                                      "last_status = ?, last_error = '', ended_at = ? "
                                      "WHERE seq = ? AND attempts = ? AND state = 'pending'",
                                      status, clock_.now(), attempt.sequence, attempt.number));
    return require_live_attempt(changed, attempt.sequence);
  });
}

Status SqliteDeliveryStore::end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                                       std::optional<Duration> pause) {
  const auto state = pause ? DeliveryState::kPending : DeliveryState::kDead;
  return writes_.run(WriteQueue::Durability::kEventual, [&](WriteContext& context) -> Status {
    const Timestamp now = clock_.now();
    const auto again_at = pause ? std::optional(now + *pause) : std::nullopt;
    const auto ended_at = pause ? std::nullopt : std::optional(now);
    TRY(changed, context.database.run(
                     "UPDATE webhook_deliveries SET state = ?, next_attempt_at = ?, last_status = ?, "
                     "last_error = ?, ended_at = ? WHERE seq = ? AND attempts = ? AND state = 'pending'",
                     delivery_state_name(state), again_at, status, error, ended_at, attempt.sequence, attempt.number));
    return require_live_attempt(changed, attempt.sequence);
  });
}

Result<DeliveryPage> SqliteDeliveryStore::list(const DeliveryFilter& filter, const std::string& cursor, int limit) {
  CHECK_OK(check_delivery_limit(limit));
  TRY(below, sequence_of(cursor));
  std::string statement = fmt::format("SELECT {} FROM webhook_deliveries WHERE seq < ?1", kDeliveryColumns);
  if (filter.state) statement += " AND state = ?3";
  if (!filter.job_id.empty()) statement += " AND job_id = ?4";
  TRY(reader, readers_.take());
  TRY(rows, reader->query(statement + " ORDER BY seq DESC LIMIT ?2", below, limit + 1,
                          filter.state ? delivery_state_name(*filter.state) : "", filter.job_id));
  TRY(deliveries, deliveries_of(std::move(rows)));
  return page_of_deliveries(std::move(deliveries), limit);
}

Result<WebhookDelivery> SqliteDeliveryStore::send_again(std::string_view id) {
  WebhookDelivery sent;
  CHECK_OK(writes_.run(WriteQueue::Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(changed, context.database.run("UPDATE webhook_deliveries SET state = 'pending', attempts = 0, "
                                      "next_attempt_at = ?, ended_at = NULL WHERE id = ? AND state <> 'pending'",
                                      clock_.now(), id));
    TRY(rows,
        context.database.query(fmt::format("SELECT {} FROM webhook_deliveries WHERE id = ?", kDeliveryColumns), id));
    TRY(found, deliveries_of(std::move(rows)));
    if (changed == 0) return not_to_be_sent_again(id, found.empty() ? "" : delivery_state_name(found[0].state));
    sent = std::move(found[0]);
    context.changed.emplace_back();
    return {};
  }));
  return sent;
}

Result<DeliveryCounts> SqliteDeliveryStore::counts() {
  TRY(reader, readers_.take());
  TRY(rows,
      reader->query("SELECT count(CASE WHEN state = 'pending' THEN 1 END), count(CASE WHEN state = 'dead' THEN 1 END) "
                    "FROM webhook_deliveries WHERE state IN ('pending', 'dead')"));
  CHECK_OK(rows.next());
  return DeliveryCounts{rows.integer(0), rows.integer(1)};
}

Status SqliteDeliveryStore::remove_ended(Duration age) {
  return writes_.run(WriteQueue::Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("DELETE FROM webhook_deliveries WHERE ended_at < ?", clock_.now() - age));
    return {};
  });
}

}  // namespace modelport
