#include "service/backend/readiness.h"

#include "base/log.h"

namespace modelport {

ReadinessCheck Readiness::check(std::string name, const Status& status, std::string_view sentence) {
  const std::string said = status ? "" : status.error().text();
  {
    const std::lock_guard lock(mutex_);
    std::string& before = said_[name];
    if (said != before && !said.empty()) log_error("not ready: {}: {}", name, said);
    if (said.empty() && !before.empty()) log_info("ready again: {}", name);
    before = said;
  }
  if (status) return {std::move(name), true, "", ""};
  return {std::move(name), false, std::string(sentence), error_info(status.error().code).name};
}

}  // namespace modelport
