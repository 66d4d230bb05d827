#pragma once

#include <set>
#include <string>

#include "service/run/attempt.h"

namespace modelport {

/// What an earlier process of this data directory left is put in order: exporters that survived it are ended, their
/// jobs are pending again (or failed, after the last attempt), their work directories removed. Before any attempt
/// begins.
Status recover(AttemptEnvironment& environment);

/// Removes stored objects and logs that no job points at. `active` are the attempts under way (attempt_name), whose
/// objects may not be recorded yet.
Status collect_orphans(AttemptEnvironment& environment, const std::set<std::string>& active);

}  // namespace modelport
