#include "service/jobs/delivery_row.h"

#include <algorithm>
#include <array>

#include "service/jobs/job_row.h"

namespace modelport {

const std::string_view kDeliveryColumns =
    "seq, id, job_id, event, url, data, created_at, state, attempts, next_attempt_at, ended_at, last_status, "
    "last_error";

namespace {

constexpr std::array<std::string_view, 3> kDeliveryStateNames = {"pending", "delivered", "dead"};

}  // namespace

std::string_view delivery_state_name(DeliveryState state) { return kDeliveryStateNames[static_cast<size_t>(state)]; }

std::optional<DeliveryState> delivery_state_from_name(std::string_view name) {
  const auto found = std::ranges::find(kDeliveryStateNames, name);
  if (found == kDeliveryStateNames.end()) return std::nullopt;
  return static_cast<DeliveryState>(found - kDeliveryStateNames.begin());
}

template <class Rows>
Result<WebhookDelivery> delivery_from_row(const Rows& rows) {
  WebhookDelivery delivery;
  delivery.sequence = rows.integer(0);
  delivery.id = rows.text(1);
  delivery.job_id = rows.text(2);
  delivery.event = rows.text(3);
  delivery.url = rows.text(4);
  TRY(data, parse_json(rows.text(5), ErrorCode::kInternal));
  delivery.data = std::move(data);
  delivery.created_at = rows.time(6);
  const auto state = delivery_state_from_name(rows.text(7));
  if (!state) return fail(ErrorCode::kInternal, "webhook delivery {} has no known state", delivery.id);
  delivery.state = *state;
  delivery.attempts = static_cast<int>(rows.integer(8));
  delivery.next_attempt_at = rows.optional_time(9);
  delivery.ended_at = rows.optional_time(10);
  delivery.last_status = static_cast<int>(rows.integer(11));
  delivery.last_error = rows.text(12);
  return delivery;
}

template Result<WebhookDelivery> delivery_from_row(const SqliteRows& rows);
template Result<WebhookDelivery> delivery_from_row(const PostgresRows& rows);

std::string delivery_event_name(JobStatus status) {
  return fmt::format("export.{}", status == JobStatus::kRunning ? "started" : info(status).name);
}

Status require_live_attempt(int64_t changed, int64_t sequence) {
  if (changed != 0) return {};
  return fail(ErrorCode::kConflict, "this attempt at webhook delivery {} is over", sequence);
}

Error not_to_be_sent_again(std::string_view id, std::string_view state) {
  if (state.empty()) return fail(ErrorCode::kNotFound, "there is no webhook delivery {}", id);
  return fail(ErrorCode::kConflict, "webhook delivery {} is {}: it will be sent anyway", id, state);
}

Status check_delivery_limit(int limit) {
  if (limit >= 1 && limit <= kLargestDeliveryPage) return {};
  return fail(ErrorCode::kInvalidArgument, "a page has 1 to {} deliveries", kLargestDeliveryPage);
}

DeliveryPage page_of_deliveries(std::vector<WebhookDelivery> deliveries, int limit) {
  DeliveryPage page{std::move(deliveries), ""};
  if (page.deliveries.size() > static_cast<size_t>(limit)) {
    page.deliveries.pop_back();
    page.next_cursor = cursor_below(page.deliveries.back().sequence);
  }
  return page;
}

}  // namespace modelport
