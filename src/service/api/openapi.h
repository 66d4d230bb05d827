#pragma once

#include <span>
#include <vector>

#include "base/json.h"
#include "service/http/route.h"

namespace modelport {

/// The OpenAPI 3.1 document of these routes; schemas are those of docs/openapi/schemas.json.
Json openapi_document(std::span<const Route> routes);

/// Adds GET /openapi.json, which describes the routes so far and itself.
void add_openapi_route(std::vector<Route>& routes);

}  // namespace modelport
