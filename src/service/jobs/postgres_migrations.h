#pragma once

#include "service/jobs/postgres.h"

namespace modelport {

/// Brings the schema "modelport" to this program's version, in one transaction that other processes wait for (the table
/// "migrations" holds the numbers), or to an earlier one, which tests begin with. kConflict for a database of a later
/// version.
Status migrate(PostgresConnection& database, int64_t up_to = INT64_MAX);

}  // namespace modelport
