#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace modelport {

/// One thing that must work for jobs to run. Told to anybody who asks, so that it names nothing of this machine.
struct ReadinessCheck {
  std::string name;  ///< "database", "artifact store", "framework ultralytics", "sandbox"
  bool is_ready = false;
  std::string detail;     ///< What is wrong, or for the sandbox the level reached.
  std::string_view code;  ///< error_info()'s name of what is wrong; empty where nothing is.
};

/// What is found when somebody asks whether the service is ready: the sentence is for who asks, and what the part
/// itself says (a socket's path, a host) for the service's log, once. Safe from any thread.
class Readiness {
 public:
  /// `sentence` is the detail where `status` is an error.
  ReadinessCheck check(std::string name, const Status& status, std::string_view sentence);

 private:
  std::mutex mutex_;
  std::map<std::string, std::string> said_;  ///< By name, while it is not ready.
};

}  // namespace modelport
