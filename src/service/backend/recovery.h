#pragma once

#include "service/run/attempt.h"

namespace modelport {

/// What an earlier process of this data directory left is put in order: exporters that survived it are ended, their
/// jobs are pending again (or failed, after the last attempt), what they stored
/// without a record and their work directories removed. Before any attempt
/// begins.
Status recover(AttemptEnvironment& environment);

/// Removes artifacts whose last job was removed, and logs that belong to no job.
Status collect_orphans(AttemptEnvironment& environment);

}  // namespace modelport
