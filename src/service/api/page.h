#pragma once

#include <vector>

#include "service/http/route.h"

namespace modelport {

/// Adds the page (web/): "/" and what it loads from "/assets/".
void add_page_routes(std::vector<Route>& routes);

}  // namespace modelport
