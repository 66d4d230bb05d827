#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "service/jobs/postgres_job_store.h"
#include "service/jobs/sqlite_job_store.h"
#include "tests/service/postgres_server.h"
#include "tests/service/scratch_directory.h"
#include "tests/service/stepping_clock.h"

namespace modelport {

/// A kind of JobStore, for the suites that hold all of them to one contract.
struct JobStoreRow {
  std::string name;
  std::function<std::string()> missing;  ///< Why it cannot be tested here; empty: it can.
  std::function<Result<std::unique_ptr<JobStore>>(const ScratchDirectory&, Clock&)> open;
};

inline std::vector<JobStoreRow> job_store_rows() {
  using Opened = Result<std::unique_ptr<JobStore>>;
  return {{"sqlite", [] { return ""; },
           [](const ScratchDirectory& scratch, Clock& clock) -> Opened {
             TRY(store, SqliteJobStore::open(scratch.path("jobs.sqlite"), clock));
             return std::unique_ptr<JobStore>(std::move(store));
           }},
          {"postgresql", [] { return PostgresServer::missing(); },
           [](const ScratchDirectory& scratch, Clock&) -> Opened {
             TRY(store, PostgresJobStore::open(PostgresServer::shared().database(scratch)));
             return std::unique_ptr<JobStore>(std::move(store));
           }}};
}

}  // namespace modelport
