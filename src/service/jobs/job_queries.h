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

/// Makes this completed job the default of its training and format; `chosen_at` where a person did.
Status make_default(WriteContext& context, const Job& job, Timestamp at, std::optional<Timestamp> chosen_at = {});

/// The next number of the training.
Result<int64_t> next_version(SqliteDatabase& database, const std::string& training);
/// The version that a checkpoint (version_key()) has in its training; where it is new there, the next one. 0 without a
/// training.
Result<int64_t> version_of(SqliteDatabase& database, const std::string& training, const std::string& checkpoint);
/// The content of a job's checkpoint_path is known: its version is that content's.
Status settle_version(WriteContext& context, const Job& job, const std::string& checkpoint_id);

}  // namespace modelport::job_queries
