#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "service/jobs/job_row.h"
#include "service/jobs/write_queue.h"

/// What the parts of SqliteJobStore share.
namespace modelport::job_queries {

/// The jobs of "SELECT <kJobColumns> FROM jobs <tail>".
template <class... Values>
Result<std::vector<Job>> select(SqliteDatabase& database, std::string_view tail, const Values&... values) {
  TRY(rows, database.query(fmt::format("SELECT {} FROM jobs {}", kJobColumns, tail), values...));
  std::vector<Job> jobs;
  while (true) {
    TRY(more, rows.next());
    if (!more) return jobs;
    TRY(job, job_from_row(rows));
    jobs.push_back(std::move(job));
  }
}

/// kNotFound without it.
Result<Job> find(SqliteDatabase& database, std::string_view id);

/// Appends to the job's history and wakes who follows it.
Status add_event(WriteContext& context, const std::string& job_id, std::string_view type, Timestamp at,
                 const Json& data = Json::object());

/// Makes this completed job its training's default.
Status make_default(WriteContext& context, const Job& job, Timestamp at);

}  // namespace modelport::job_queries
