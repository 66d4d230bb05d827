#pragma once

#include "service/jobs/sqlite.h"

namespace modelport {

/// Brings the schema to this program's version, one numbered migration a transaction (PRAGMA user_version holds the
/// number). kConflict for a database of a later version.
Status migrate(SqliteDatabase& database);

}  // namespace modelport
