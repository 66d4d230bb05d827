#pragma once

#include "service/jobs/sqlite.h"

namespace modelport {

/// Brings the schema to this program's version, one numbered migration a transaction (PRAGMA user_version holds the
/// number), or to an earlier one, which tests begin with. kConflict for a database of a later version.
Status migrate(SqliteDatabase& database, int64_t up_to = INT64_MAX);

}  // namespace modelport
