#include "service/jobs/postgres.h"

#include <poll.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "base/printable.h"
#include "io/failpoint.h"
#include "service/jobs/postgres_library.h"

namespace modelport {

namespace {

/// Longer than any statement may take by the server's own limit below.
constexpr auto kTimeout = std::chrono::seconds(40);
/// A client that is stuck or gone must not keep others waiting for its locks.
constexpr const char* kSession =
    "SET search_path = modelport; SET statement_timeout = '30s'; SET lock_timeout = '20s'; "
    "SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = warning";

/// Loaded before any connection was made.
const PostgresLibrary& library() { return **postgres_library(); }

struct StateRow {
  std::string_view prefix;  ///< Of the SQLSTATE.
  ErrorCode code;
};
constexpr StateRow kStates[] = {
    {"08", ErrorCode::kUnavailable},        // connection
    {"57P", ErrorCode::kUnavailable},       // shut down, crashed, starting
    {"57014", ErrorCode::kBusy},            // statement_timeout
    {"55P03", ErrorCode::kBusy},            // lock_timeout
    {"40", ErrorCode::kBusy},               // deadlock, serialization
    {"25P03", ErrorCode::kUnavailable},     // idle in transaction
    {"25006", ErrorCode::kUnwritable},      // read-only
    {"53", ErrorCode::kUnwritable},         // disk full, out of memory, too many connections
    {"23", ErrorCode::kConflict},           // constraints
    {"P0001", ErrorCode::kConflict},        // raised by our triggers
    {"22021", ErrorCode::kInvalidArgument}  // bytes that are no UTF-8
};

ErrorCode code_of(std::string_view state) {
  const auto row = std::ranges::find_if(kStates, [&](const StateRow& each) { return state.starts_with(each.prefix); });
  return row == std::end(kStates) ? ErrorCode::kInternal : row->code;
}

std::string first_line(const char* text) {
  const std::string_view whole = text == nullptr ? "" : text;
  return printable(whole.substr(0, whole.find('\n')));
}

}  // namespace

Status check_postgres_config(const PostgresConfig& config) {
  TRY(found, postgres_library());
  char* ignored = nullptr;
  PQconninfoOption* options = found->parse_connection(config.connection.c_str(), &ignored);
  if (ignored != nullptr) found->free_memory(ignored);
  if (options == nullptr)
    return fail(ErrorCode::kInvalidArgument,
                "the database is no PostgreSQL connection text; \"postgresql://user@host/database\" is one");
  bool has_password = false;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option)
    has_password = has_password || (std::string_view(option->keyword) == "password" && option->val != nullptr);
  found->free_options(options);
  if (!has_password) return {};
  Error error = fail(ErrorCode::kInvalidArgument, "the database's connection text holds a password");
  error.hint = "keep it in a file of its own or in PGPASSWORD";
  return error;
}

PostgresRows::~PostgresRows() {
  if (result_ != nullptr) library().clear(result_);
}

bool PostgresRows::next() { return ++row_ < library().row_count(result_); }
bool PostgresRows::is_null(int column) const { return library().is_null(result_, row_, column) != 0; }
std::string_view PostgresRows::value(int column) const {
  return {library().value(result_, row_, column), static_cast<size_t>(library().length(result_, row_, column))};
}
std::string PostgresRows::text(int column) const { return std::string(value(column)); }
int64_t PostgresRows::integer(int column) const {
  const std::string_view digits = value(column);
  if (digits == "t") return 1;
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}
double PostgresRows::real(int column) const { return std::strtod(std::string(value(column)).c_str(), nullptr); }
int64_t PostgresRows::changed() const {
  const std::string_view digits = library().changed_rows(result_);
  int64_t number = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return number;
}

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresConfig& config) {
  TRY(found, postgres_library());
  std::vector<const char*> names = {"dbname",          "connect_timeout",  "tcp_user_timeout",
                                    "keepalives_idle", "application_name", "client_encoding"};
  std::vector<const char*> values = {config.connection.c_str(), "5", "20000", "30", "modelport", "UTF8"};
  if (!config.password.empty()) {
    names.push_back("password");
    values.push_back(config.password.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  auto connection = std::unique_ptr<PostgresConnection>(
      new PostgresConnection(found->connect(names.data(), values.data(), /*expand_dbname=*/1)));
  if (!connection->is_open()) return connection->lost();
  CHECK_OK(connection->execute(kSession));
  return connection;
}

PostgresConnection::~PostgresConnection() { library().finish(connection_); }

bool PostgresConnection::is_open() const { return library().status(connection_) == CONNECTION_OK; }

bool PostgresConnection::in_transaction() const {
  const PGTransactionStatusType status = library().transaction_status(connection_);
  return status == PQTRANS_INTRANS || status == PQTRANS_INERROR;
}

Error PostgresConnection::lost() {
  return fail(ErrorCode::kUnavailable, "the job database does not answer: {}",
              first_line(library().error_message(connection_)));
}

Status PostgresConnection::execute(const std::string& script) {
  if (library().send_script(connection_, script.c_str()) == 0) return lost();
  CHECK_OK(answer());
  return {};
}

Result<PostgresRows> PostgresConnection::send(const std::string& statement, const std::vector<Parameter>& parameters) {
  std::vector<Oid> types;
  std::vector<const char*> values;
  std::vector<int> lengths, formats;
  for (const Parameter& each : parameters) {
    types.push_back(static_cast<Oid>(each.type));
    values.push_back(each.value ? each.value->c_str() : nullptr);
    lengths.push_back(each.value ? static_cast<int>(each.value->size()) : 0);
    // Binary: a text with a zero byte is then refused and not cut.
    formats.push_back(each.type == Type::kText ? 1 : 0);
  }
  if (library().send_query(connection_, statement.c_str(), static_cast<int>(parameters.size()), types.data(),
                           values.data(), lengths.data(), formats.data(), /*resultFormat=*/0) == 0)
    return lost();
  return answer().in(statement.substr(0, 60));
}

Result<PostgresRows> PostgresConnection::answer() {
  const auto until = std::chrono::steady_clock::now() + kTimeout;
  std::optional<PostgresRows> last;
  std::optional<Error> failure;
  while (true) {
    while (library().is_busy(connection_) != 0) {
      CHECK_OK(wait_readable(until));
      if (library().consume_input(connection_) == 0) return lost();
    }
    pg_result* result = library().get_result(connection_);
    if (result == nullptr) break;
    const ExecStatusType status = library().result_status(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !failure) {
      const char* state = library().error_field(result, PG_DIAG_SQLSTATE);
      failure = state == nullptr ? lost()
                                 : fail(code_of(state), "the job database: {} ({})",
                                        first_line(library().error_field(result, PG_DIAG_MESSAGE_PRIMARY)), state);
    }
    last.emplace(PostgresRows(result));
  }
  if (failure) return *std::move(failure);
  if (!last) return lost();
  if (in_transaction()) failpoint("database: after a statement");
  return *std::move(last);
}

Status PostgresConnection::wait_readable(std::chrono::steady_clock::time_point until) {
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd wanted{library().socket(connection_), POLLIN, 0};
    if (left <= 0 || wanted.fd < 0)
      return fail(ErrorCode::kUnavailable, "the job database has not answered for {} s", kTimeout.count());
    if (::poll(&wanted, 1, static_cast<int>(left)) > 0) return {};
  }
}

Result<std::vector<std::string>> PostgresConnection::notifications(std::chrono::milliseconds timeout) {
  std::vector<std::string> payloads;
  const auto take = [&] {
    while (PGnotify* notice = library().notifies(connection_)) {
      payloads.emplace_back(notice->extra);
      library().free_memory(notice);
    }
  };
  take();
  pollfd wanted{library().socket(connection_), POLLIN, 0};
  if (wanted.fd < 0) return lost();
  if (payloads.empty() && ::poll(&wanted, 1, static_cast<int>(timeout.count())) > 0) {
    if (library().consume_input(connection_) == 0) return lost();
    take();
  }
  return payloads;
}

std::string PostgresConnection::list_text(std::span<const std::string> texts) {
  std::string list = "{";
  for (const std::string& text : texts) {
    if (list.size() > 1) list += ',';
    list += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') list += '\\';
      list += c;
    }
    list += '"';
  }
  return list + "}";
}

}  // namespace modelport
