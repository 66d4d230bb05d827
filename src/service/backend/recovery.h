#pragma once

#include "service/run/attempt.h"

namespace modelport {

/// An attempt that is on record and that nobody makes: its job is pending again, or failed with `reason` after the last
/// attempt.
Status end_unattended(AttemptEnvironment& environment, const RunningAttempt& attempt, const std::string& reason);

/// What an earlier process of this data directory left is put in order: exporters that survived it are ended, their
/// jobs are pending again (or failed, after the last attempt), what they stored without a record and their work
/// directories removed. Before any attempt begins. Where several processes work on one database only the attempts of
/// `worker` are this directory's; empty: all are.
Status recover(AttemptEnvironment& environment, std::string_view worker);

/// Jobs of workers that were not heard of for the length of a lease are pending again (or failed, after the last
/// attempt).
Status reclaim_from_lost_workers(AttemptEnvironment& environment);

/// Removes artifacts whose last job was removed, and logs that belong to no job.
Status collect_orphans(AttemptEnvironment& environment);

}  // namespace modelport
