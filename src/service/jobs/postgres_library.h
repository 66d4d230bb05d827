#pragma once

#include <libpq-fe.h>

#include "base/result.h"

namespace modelport {

/// The functions of libpq that are used, found at run time: Debian's archive of it needs the shared libraries of
/// Kerberos and LDAP, so that nothing is linked and only who configures PostgreSQL needs libpq5.
struct PostgresLibrary {
  decltype(&PQconnectdbParams) connect;
  decltype(&PQconninfoParse) parse_connection;
  decltype(&PQconninfoFree) free_options;
  decltype(&PQfinish) finish;
  decltype(&PQstatus) status;
  decltype(&PQerrorMessage) error_message;
  decltype(&PQsocket) socket;
  decltype(&PQsendQuery) send_script;
  decltype(&PQsendQueryParams) send_query;
  decltype(&PQconsumeInput) consume_input;
  decltype(&PQisBusy) is_busy;
  decltype(&PQgetResult) get_result;
  decltype(&PQnotifies) notifies;
  decltype(&PQfreemem) free_memory;
  decltype(&PQtransactionStatus) transaction_status;
  decltype(&PQresultStatus) result_status;
  decltype(&PQresultErrorField) error_field;
  decltype(&PQclear) clear;
  decltype(&PQntuples) row_count;
  decltype(&PQgetisnull) is_null;
  decltype(&PQgetvalue) value;
  decltype(&PQgetlength) length;
  decltype(&PQcmdTuples) changed_rows;
};

/// kUnavailable, with the package to install, where there is no libpq.
Result<const PostgresLibrary*> postgres_library();

}  // namespace modelport
