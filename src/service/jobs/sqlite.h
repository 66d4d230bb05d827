#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"
#include "service/jobs/clock.h"

struct sqlite3;
struct sqlite3_stmt;

namespace modelport {

/// Rows of a statement under way; at most one per statement text and database at a time.
class SqliteRows {
 public:
  SqliteRows(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  SqliteRows(SqliteRows&& other) noexcept
      : database_(other.database_), statement_(std::exchange(other.statement_, nullptr)) {}
  SqliteRows& operator=(SqliteRows&&) = delete;
  ~SqliteRows();

  /// Goes to the next row; false behind the last.
  Result<bool> next();

  bool is_null(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const;  ///< Empty for NULL.
  Timestamp time(int column) const { return Timestamp(std::chrono::microseconds(integer(column))); }
  std::optional<Timestamp> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }

 private:
  friend class SqliteDatabase;
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

/// One connection, of one thread at a time. Statements are prepared once per text. Errors are kUnwritable (disk full,
/// read-only, I/O), kBusy (locked), kConflict (a constraint) or kInternal, with SQLite's own words.
class SqliteDatabase {
 public:
  enum class Mode { kReadOnly, kReadWrite };
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::string& path, Mode mode);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  /// Runs a script without parameters.
  Status execute(const std::string& script);

  /// A statement with its parameters: text, integers, bool, double, Timestamp, optional of these, nullptr.
  template <class... Values>
  Result<SqliteRows> query(std::string_view statement, const Values&... values) {
    TRY(rows, prepare(statement));
    int index = 0;
    (bind(rows, ++index, values), ...);
    return rows;
  }
  /// The same for a statement without rows; gives how many it changed.
  template <class... Values>
  Result<int64_t> run(std::string_view statement, const Values&... values) {
    TRY(rows, query(statement, values...));
    CHECK_OK(rows.next());
    return changes();
  }
  int64_t last_row_id() const;
  /// False once SQLite rolled a transaction back by itself (disk full, I/O error).
  bool in_transaction() const;

 private:
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  Result<SqliteRows> prepare(std::string_view statement);
  int64_t changes() const;
  static void bind_null(SqliteRows& rows, int index);
  static void bind_integer(SqliteRows& rows, int index, int64_t value);
  static void bind_real(SqliteRows& rows, int index, double value);
  static void bind_text(SqliteRows& rows, int index, std::string_view value);

  template <class Value>
  static void bind(SqliteRows& rows, int index, const Value& value) {
    if constexpr (std::is_same_v<Value, std::nullptr_t>) {
      bind_null(rows, index);
    } else if constexpr (std::is_same_v<Value, Timestamp>) {
      bind_integer(rows, index, value.time_since_epoch().count());
    } else if constexpr (std::is_floating_point_v<Value>) {
      bind_real(rows, index, value);
    } else if constexpr (std::is_integral_v<Value>) {
      bind_integer(rows, index, static_cast<int64_t>(value));
    } else {
      bind_text(rows, index, value);
    }
  }
  template <class Value>
  static void bind(SqliteRows& rows, int index, const std::optional<Value>& value) {
    if (value) return bind(rows, index, *value);
    bind_null(rows, index);
  }

  sqlite3* database_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
};

}  // namespace modelport
