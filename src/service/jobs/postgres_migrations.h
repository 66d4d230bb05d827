#pragma once

#include "service/jobs/postgres.h"

namespace modelport {

/// Brings the schema "modelport" to this program's version, in one transaction that other processes wait for (the table
/// "migrations" holds the numbers). kConflict for a database of a later version.
Status migrate(PostgresConnection& database);

}  // namespace modelport
