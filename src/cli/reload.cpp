#include "cli/reload.h"

#include "base/log.h"
#include "cli/serve_command.h"

namespace modelport {

void reload_configuration(const GivenArguments& given, const ServeSettings& at_start, Backend& backend,
                          const std::function<void(const ServeSettings&)>& use_site) {
  auto settings = settings_from(given);
  if (!settings) {
    log_error("the configuration stays as it was: {}", settings.error().text());
    return;
  }
  // The rules for those who ask depend on where they are heard, which stays.
  settings->listen = at_start.listen;
  settings->service.max_upload_bytes = at_start.service.max_upload_bytes;
  use_site(*settings);
  if (const Status reloaded = backend.reload(settings->service); !reloaded) {
    log_error("not all of the configuration was taken: {}", reloaded.error().text());
    return;
  }
  log_info("read the configuration again");
  if (const auto waiting = settings_that_wait(at_start, *settings); !waiting.empty())
    log_warning("changed and not taken before a restart: {}", fmt::join(waiting, ", "));
}

}  // namespace modelport
