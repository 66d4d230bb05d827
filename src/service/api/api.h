#pragma once

#include <memory>
#include <vector>

#include "service/api/download_tickets.h"
#include "service/backend/backend.h"
#include "service/http/metrics.h"
#include "service/http/route.h"

namespace modelport {

/// What the handlers work on.
struct Api {
  Backend& backend;
  HttpMetrics& metrics;
  DownloadTickets tickets{backend.jobs(), system_clock()};
};

/// The whole HTTP interface, a row per route. `api` must outlive the routes and what they answer.
std::vector<Route> make_routes(Api& api);

}  // namespace modelport
