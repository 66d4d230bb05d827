#include "service/jobs/postgres_library.h"

#include <dlfcn.h>

#include <type_traits>

namespace modelport {

namespace {

Result<PostgresLibrary> load() {
  void* handle = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    Error error =
        fail(ErrorCode::kUnavailable, "PostgreSQL is configured, and its client library libpq.so.5 is not here");
    error.hint = "apt-get install libpq5";
    return error;
  }
  PostgresLibrary library{};
  const char* missing = nullptr;
  const auto find = [&](auto& function, const char* name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(handle, name));
    if (function == nullptr) missing = name;
  };
  find(library.connect, "PQconnectdbParams");
  find(library.parse_connection, "PQconninfoParse");
  find(library.free_options, "PQconninfoFree");
  find(library.finish, "PQfinish");
  find(library.status, "PQstatus");
  find(library.error_message, "PQerrorMessage");
  find(library.socket, "PQsocket");
  find(library.send_script, "PQsendQuery");
  find(library.send_query, "PQsendQueryParams");
  find(library.consume_input, "PQconsumeInput");
  find(library.is_busy, "PQisBusy");
  find(library.get_result, "PQgetResult");
  find(library.notifies, "PQnotifies");
  find(library.free_memory, "PQfreemem");
  find(library.transaction_status, "PQtransactionStatus");
  find(library.result_status, "PQresultStatus");
  find(library.error_field, "PQresultErrorField");
  find(library.clear, "PQclear");
  find(library.row_count, "PQntuples");
  find(library.is_null, "PQgetisnull");
  find(library.value, "PQgetvalue");
  find(library.length, "PQgetlength");
  find(library.changed_rows, "PQcmdTuples");
  if (missing != nullptr) return fail(ErrorCode::kUnavailable, "libpq.so.5 has no {}: it is too old", missing);
  return library;
}

}  // namespace

Result<const PostgresLibrary*> postgres_library() {
  static const Result<PostgresLibrary> loaded = load();
  if (!loaded) return loaded.error();
  return &*loaded;
}

}  // namespace modelport
