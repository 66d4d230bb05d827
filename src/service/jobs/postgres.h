#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "service/jobs/clock.h"

struct pg_conn;
struct pg_result;

namespace modelport {

/// Where the database is.
struct PostgresConfig {
  std::string connection;  ///< "postgresql://user@host/database" or "host=... dbname=...", without a password.
  std::string password;    ///< Empty: none, or the one of libpq's PGPASSWORD or PGPASSFILE.
  int connections = 8;     ///< At the same time, beside the one that listens.
};

/// kInvalidArgument for a connection text that is none, or holds a password: it would end up in logs and process lists.
/// No message repeats the text.
Status check_postgres_config(const PostgresConfig& config);

/// The rows of one answer, forwards.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result) : result_(result) {}
  PostgresRows(PostgresRows&& other) noexcept : result_(std::exchange(other.result_, nullptr)), row_(other.row_) {}
  PostgresRows& operator=(PostgresRows&&) = delete;
  ~PostgresRows();

  /// Goes to the next row; false behind the last.
  bool next();

  bool is_null(int column) const;
  int64_t integer(int column) const;  ///< Of a boolean 0 or 1.
  double real(int column) const;
  std::string text(int column) const;  ///< Empty for NULL.
  Timestamp time(int column) const { return Timestamp(std::chrono::microseconds(integer(column))); }
  std::optional<Timestamp> optional_time(int column) const {
    return is_null(column) ? std::nullopt : std::optional(time(column));
  }
  /// How many rows the statement changed or gave.
  int64_t changed() const;

 private:
  std::string_view value(int column) const;
  pg_result* result_;
  int row_ = -1;
};

/// One connection, of one thread at a time. Errors: kUnavailable (no answer, or the connection is gone: it is not used
/// again), kBusy (a deadlock or a time limit; again may help), kConflict (a constraint), kUnwritable (disk full,
/// read-only), kInvalidArgument (a text that is not UTF-8), kInternal; with PostgreSQL's own words.
class PostgresConnection {
 public:
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresConfig& config);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  /// Runs a script without parameters.
  Status execute(const std::string& script);

  /// A statement with parameters $1, $2, ...: text, integers, bool, double, Timestamp (microseconds), lists of texts,
  /// optional of these.
  template <class... Values>
  Result<PostgresRows> query(const std::string& statement, const Values&... values) {
    std::vector<Parameter> parameters;
    (parameters.push_back(parameter(values)), ...);
    return send(statement, parameters);
  }
  /// The same for a statement without rows; gives how many it changed.
  template <class... Values>
  Result<int64_t> run(const std::string& statement, const Values&... values) {
    TRY(rows, query(statement, values...));
    return rows.changed();
  }

  bool is_open() const;
  /// A transaction was begun and is not over.
  bool in_transaction() const;

  /// Payloads that were notified; waits up to `timeout` for the first. kUnavailable when the connection is gone.
  Result<std::vector<std::string>> notifications(std::chrono::milliseconds timeout);

 private:
  enum class Type : unsigned { kBoolean = 16, kInteger = 20, kText = 25, kReal = 701, kTexts = 1009 };
  struct Parameter {
    Type type;
    std::optional<std::string> value;
  };

  explicit PostgresConnection(pg_conn* connection) : connection_(connection) {}
  Result<PostgresRows> send(const std::string& statement, const std::vector<Parameter>& parameters);
  /// The answer to what was sent; of a script the last one.
  Result<PostgresRows> answer();
  Status wait_readable(std::chrono::steady_clock::time_point until);
  Error lost();

  static std::string list_text(std::span<const std::string> texts);
  template <class Value>
  static Parameter parameter(const Value& value) {
    if constexpr (std::is_same_v<Value, bool>) {
      return {Type::kBoolean, value ? "t" : "f"};
    } else if constexpr (std::is_same_v<Value, Timestamp>) {
      return {Type::kInteger, std::to_string(value.time_since_epoch().count())};
    } else if constexpr (std::is_floating_point_v<Value>) {
      return {Type::kReal, fmt::format("{}", value)};
    } else if constexpr (std::is_integral_v<Value>) {
      return {Type::kInteger, std::to_string(value)};
    } else if constexpr (std::is_same_v<Value, std::span<const std::string>>) {
      return {Type::kTexts, list_text(value)};
    } else {
      return {Type::kText, std::string(std::string_view(value))};
    }
  }
  template <class Value>
  static Parameter parameter(const std::optional<Value>& value) {
    Parameter filled = parameter(value.value_or(Value()));
    if (!value) filled.value.reset();
    return filled;
  }

  pg_conn* connection_;
};

}  // namespace modelport
