#pragma once

#include <string>
#include <string_view>

#include "service/jobs/delivery_store.h"
#include "service/jobs/postgres.h"
#include "service/jobs/sqlite.h"

namespace modelport {

/// The columns that delivery_from_row reads, in its order.
extern const std::string_view kDeliveryColumns;

/// The present row, of kDeliveryColumns; Rows is SqliteRows or PostgresRows.
template <class Rows>
Result<WebhookDelivery> delivery_from_row(const Rows& rows);
extern template Result<WebhookDelivery> delivery_from_row(const SqliteRows& rows);
extern template Result<WebhookDelivery> delivery_from_row(const PostgresRows& rows);

/// "export.completed" and the like; "export.started" of a job that runs.
std::string delivery_event_name(JobStatus status);

/// kConflict where an update that was guarded by its attempt changed nothing.
Status require_live_attempt(int64_t changed, int64_t sequence);
/// What send_again() answers where it found this state instead of an ended one.
Error not_to_be_sent_again(std::string_view id, std::string_view state);

inline constexpr int kLargestDeliveryPage = 200;
/// kInvalidArgument with the bounds.
Status check_delivery_limit(int limit);
/// Of up to `limit` + 1 rows: the page and where the next one begins.
DeliveryPage page_of_deliveries(std::vector<WebhookDelivery> deliveries, int limit);

}  // namespace modelport
