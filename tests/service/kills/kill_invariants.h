#pragma once

#include <string>
#include <vector>

#include "service/backend/backend.h"

namespace modelport {

/// Everything that is true after any kill, once every job has ended; the sentences of what is not. `directory` is
/// KillClient's, and `local_data` where the service keeps its files.
std::vector<std::string> broken_invariants(Backend& backend, const std::string& directory,
                                           const std::string& local_data);

}  // namespace modelport
