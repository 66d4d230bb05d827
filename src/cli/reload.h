#pragma once

#include <functional>

#include "cli/arguments.h"
#include "cli/serve_settings.h"
#include "service/backend/backend.h"

namespace modelport {

/// What a service or a worker does at SIGHUP: reads the configuration again, gives `use_site` what its HTTP answers by
/// and the Backend the rest, and says in the log what was changed and waits for a restart. A configuration that is
/// wrong changes nothing.
void reload_configuration(const GivenArguments& given, const ServeSettings& at_start, Backend& backend,
                          const std::function<void(const ServeSettings&)>& use_site);

}  // namespace modelport
