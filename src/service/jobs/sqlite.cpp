#include "service/jobs/sqlite.h"

#include <sqlite3.h>

#include "io/failpoint.h"

namespace modelport {

namespace {

ErrorCode code_of(int result) {
  switch (result & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kBusy;
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConflict;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return ErrorCode::kDamaged;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return ErrorCode::kUnwritable;
    case SQLITE_NOMEM:
      throw std::bad_alloc();
    default:
      return ErrorCode::kInternal;
  }
}

Error failure(sqlite3* database, int result) {
  return fail(code_of(result), "the job database: {}",
              database == nullptr ? sqlite3_errstr(result) : sqlite3_errmsg(database));
}

}  // namespace

SqliteRows::~SqliteRows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Result<bool> SqliteRows::next() {
  const int result = sqlite3_step(statement_);
  if (result == SQLITE_ROW) return true;
  if (result != SQLITE_DONE) return failure(database_, result);
  // Of a change, not of those who only look.
  if (sqlite3_get_autocommit(database_) == 0) failpoint("database: after a statement");
  return false;
}

bool SqliteRows::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
int64_t SqliteRows::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double SqliteRows::real(int column) const { return sqlite3_column_double(statement_, column); }
std::string SqliteRows::text(int column) const {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (bytes == nullptr) return "";
  return {bytes, static_cast<size_t>(sqlite3_column_bytes(statement_, column))};
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::string& path, Mode mode) {
  sqlite3* handle = nullptr;
  const int access = mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int result =
      sqlite3_open_v2(path.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  auto database = std::unique_ptr<SqliteDatabase>(new SqliteDatabase(handle));
  if (result != SQLITE_OK) return failure(handle, result).in(path);
  sqlite3_busy_timeout(handle, 5000);
  return database;
}

SqliteDatabase::~SqliteDatabase() {
  for (const auto& [text, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(database_);
}

Status SqliteDatabase::execute(const std::string& script) {
  const int result = sqlite3_exec(database_, script.c_str(), nullptr, nullptr, nullptr);
  if (result != SQLITE_OK) return failure(database_, result);
  return {};
}

int64_t SqliteDatabase::last_row_id() const { return sqlite3_last_insert_rowid(database_); }
bool SqliteDatabase::in_transaction() const { return sqlite3_get_autocommit(database_) == 0; }
int64_t SqliteDatabase::changes() const { return sqlite3_changes64(database_); }

Result<SqliteRows> SqliteDatabase::prepare(std::string_view statement) {
  auto row = statements_.find(statement);
  if (row == statements_.end()) {
    sqlite3_stmt* prepared = nullptr;
    const int result = sqlite3_prepare_v3(database_, statement.data(), static_cast<int>(statement.size()),
                                          SQLITE_PREPARE_PERSISTENT, &prepared, nullptr);
    if (result != SQLITE_OK) return failure(database_, result).in(std::string(statement));
    row = statements_.emplace(statement, prepared).first;
  }
  return SqliteRows(database_, row->second);
}

void SqliteDatabase::bind_null(SqliteRows& rows, int index) { sqlite3_bind_null(rows.statement_, index); }
void SqliteDatabase::bind_integer(SqliteRows& rows, int index, int64_t value) {
  sqlite3_bind_int64(rows.statement_, index, value);
}
void SqliteDatabase::bind_real(SqliteRows& rows, int index, double value) {
  sqlite3_bind_double(rows.statement_, index, value);
}
void SqliteDatabase::bind_text(SqliteRows& rows, int index, std::string_view value) {
  sqlite3_bind_text64(rows.statement_, index, value.data() == nullptr ? "" : value.data(), value.size(),
                      SQLITE_TRANSIENT, SQLITE_UTF8);
}

}  // namespace modelport
