#include "service/jobs/sqlite_delivery_store.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace modelport {

namespace {

using Durability = WriteQueue::Durability;

constexpr std::array<std::string_view, 3> kStateNames = {"pending", "delivered", "dead"};
constexpr std::string_view kColumns =
    "seq, id, job_id, event, url, data, created_at, state, attempts, next_attempt_at, ended_at, last_status, "
    "last_error";
constexpr int kLargestDeliveryPage = 200;

std::string event_name(JobStatus status) {
  return fmt::format("export.{}", status == JobStatus::kRunning ? "started" : info(status).name);
}

Result<WebhookDelivery> delivery_from_row(const SqliteRows& rows) {
  WebhookDelivery delivery;
  delivery.sequence = rows.integer(0);
  delivery.id = rows.text(1);
  delivery.job_id = rows.text(2);
  delivery.event = rows.text(3);
  delivery.url = rows.text(4);
  TRY(data, parse_json(rows.text(5), ErrorCode::kInternal));
  delivery.data = std::move(data);
  delivery.created_at = rows.time(6);
  const auto state = std::ranges::find(kStateNames, rows.text(7));
  delivery.state = static_cast<DeliveryState>(state - kStateNames.begin());
  delivery.attempts = static_cast<int>(rows.integer(8));
  delivery.next_attempt_at = rows.optional_time(9);
  delivery.ended_at = rows.optional_time(10);
  delivery.last_status = static_cast<int>(rows.integer(11));
  delivery.last_error = rows.text(12);
  return delivery;
}

Result<std::vector<WebhookDelivery>> all_of(SqliteRows rows) {
  std::vector<WebhookDelivery> deliveries;
  while (true) {
    TRY(more, rows.next());
    if (!more) return deliveries;
    TRY(delivery, delivery_from_row(rows));
    deliveries.push_back(std::move(delivery));
  }
}

/// kConflict where an update guarded by the attempt changed nothing.
Status require_changed(const Result<int64_t>& changed, int64_t sequence) {
  if (!changed) return changed.error();
  if (*changed == 0) return fail(ErrorCode::kConflict, "this attempt at webhook delivery {} is over", sequence);
  return {};
}

Result<int64_t> delivery_sequence_of(const std::string& cursor) {
  if (cursor.empty()) return INT64_MAX;
  int64_t value = 0;
  const auto [stopped, failed] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), value);
  if (failed != std::errc() || stopped != cursor.data() + cursor.size())
    return fail(ErrorCode::kInvalidArgument, "the cursor is none that a list gave");
  return value;
}

}  // namespace

std::string_view delivery_state_name(DeliveryState state) { return kStateNames[static_cast<size_t>(state)]; }

Status SqliteDeliveryStore::tell_of(std::span<const JobStatus> states) {
  return writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("DELETE FROM webhook_events"));
    for (const JobStatus status : states)
      CHECK_OK(context.database.run("INSERT INTO webhook_events (status, event) VALUES (?, ?)", info(status).name,
                                    event_name(status)));
    return {};
  });
}

Result<std::vector<WebhookDelivery>> SqliteDeliveryStore::due(Timestamp now, int limit) {
  TRY(reader, readers_.take());
  // With one min() SQLite takes the other columns from the row that has it.
  TRY(rows, reader->query(fmt::format("SELECT {}, min(next_attempt_at) FROM webhook_deliveries "
                                      "WHERE state = 'pending' AND next_attempt_at <= ? "
                                      "GROUP BY origin ORDER BY next_attempt_at, seq LIMIT ?",
                                      kColumns),
                          now, limit));
  return all_of(std::move(rows));
}

Result<std::optional<Timestamp>> SqliteDeliveryStore::next_due(Timestamp now) {
  TRY(reader, readers_.take());
  TRY(rows, reader->query("SELECT min(next_attempt_at) FROM webhook_deliveries "
                          "WHERE state = 'pending' AND next_attempt_at > ?",
                          now));
  CHECK_OK(rows.next());
  return rows.optional_time(0);
}

Result<DeliveryAttempt> SqliteDeliveryStore::begin(const WebhookDelivery& delivery, Timestamp again_at) {
  const Status done = writes_.run(Durability::kEventual, [&](WriteContext& context) {
    return require_changed(
        context.database.run("UPDATE webhook_deliveries SET attempts = attempts + 1, next_attempt_at = ? "
                             "WHERE seq = ? AND attempts = ? AND state = 'pending'",
                             again_at, delivery.sequence, delivery.attempts),
        delivery.sequence);
  });
  if (!done) return done.error();
  return DeliveryAttempt{delivery.sequence, delivery.attempts + 1};
}

Status SqliteDeliveryStore::end_delivered(const DeliveryAttempt& attempt, int status, Timestamp now) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) {
    return require_changed(
        context.database.run("UPDATE webhook_deliveries SET state = 'delivered', next_attempt_at = NULL, "
                             "last_status = ?, last_error = '', ended_at = ? "
                             "WHERE seq = ? AND attempts = ? AND state = 'pending'",
                             status, now, attempt.sequence, attempt.number),
        attempt.sequence);
  });
}

Status SqliteDeliveryStore::end_failed(const DeliveryAttempt& attempt, int status, const std::string& error,
                                       std::optional<Timestamp> again_at, Timestamp now) {
  const auto state = again_at ? DeliveryState::kPending : DeliveryState::kDead;
  const auto ended_at = again_at ? std::nullopt : std::optional(now);
  return writes_.run(Durability::kEventual, [&](WriteContext& context) {
    return require_changed(
        context.database.run("UPDATE webhook_deliveries SET state = ?, next_attempt_at = ?, last_status = ?, "
                             "last_error = ?, ended_at = ? WHERE seq = ? AND attempts = ? AND state = 'pending'",
                             delivery_state_name(state), again_at, status, error, ended_at, attempt.sequence,
                             attempt.number),
        attempt.sequence);
  });
}

Result<DeliveryPage> SqliteDeliveryStore::list(std::optional<DeliveryState> state, std::string_view job_id,
                                               const std::string& cursor, int limit) {
  if (limit < 1 || limit > kLargestDeliveryPage)
    return fail(ErrorCode::kInvalidArgument, "limit is {}, it may be 1 to {}", limit, kLargestDeliveryPage);
  TRY(below, delivery_sequence_of(cursor));
  std::string statement = fmt::format("SELECT {} FROM webhook_deliveries WHERE seq < ?1", kColumns);
  if (state) statement += " AND state = ?3";
  if (!job_id.empty()) statement += " AND job_id = ?4";
  TRY(reader, readers_.take());
  TRY(rows, reader->query(statement + " ORDER BY seq DESC LIMIT ?2", below, limit + 1,
                          state ? delivery_state_name(*state) : "", job_id));
  DeliveryPage page;
  TRY(deliveries, all_of(std::move(rows)));
  page.deliveries = std::move(deliveries);
  if (page.deliveries.size() > static_cast<size_t>(limit)) {
    page.deliveries.pop_back();
    page.next_cursor = std::to_string(page.deliveries.back().sequence);
  }
  return page;
}

Status SqliteDeliveryStore::send_again(std::string_view id, Timestamp now) {
  return writes_.run(Durability::kOnReturn, [&](WriteContext& context) -> Status {
    TRY(changed, context.database.run("UPDATE webhook_deliveries SET state = 'pending', attempts = 0, "
                                      "next_attempt_at = ?, ended_at = NULL WHERE id = ? AND state = 'dead'",
                                      now, id));
    if (changed != 0) {
      context.changed.emplace_back();
      return {};
    }
    TRY(rows, context.database.query("SELECT state FROM webhook_deliveries WHERE id = ?", id));
    TRY(is_known, rows.next());
    if (!is_known) return fail(ErrorCode::kNotFound, "there is no webhook delivery {}", id);
    return fail(ErrorCode::kConflict, "webhook delivery {} is {}; only a dead one is sent again", id, rows.text(0));
  });
}

Status SqliteDeliveryStore::remove_ended(Timestamp before) {
  return writes_.run(Durability::kEventual, [&](WriteContext& context) -> Status {
    CHECK_OK(context.database.run("DELETE FROM webhook_deliveries WHERE ended_at < ?", before));
    return {};
  });
}

}  // namespace modelport
