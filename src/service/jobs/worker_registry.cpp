#include "service/jobs/worker_registry.h"

#include "service/jobs/job_row.h"

namespace modelport {

namespace {

constexpr std::chrono::microseconds kForgotten = std::chrono::hours(24);

PostgresConfig with_one_connection(PostgresConfig config) {
  config.connections = 1;
  return config;
}

}  // namespace

WorkerRegistry::WorkerRegistry(PostgresConfig config) : pool_(with_one_connection(std::move(config))) {}

Status WorkerRegistry::heartbeat(const WorkerRow& worker) {
  const auto done = pool_.write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run(
        "INSERT INTO workers (name, listens_at, program_version, trainers, started_at, seen_at) VALUES ($1, $2, $3, "
        "$4, microseconds_now(), microseconds_now()) ON CONFLICT (name) DO UPDATE SET listens_at = "
        "excluded.listens_at, program_version = excluded.program_version, trainers = excluded.trainers, seen_at = "
        "microseconds_now()",
        worker.name, worker.listens_at, worker.program_version, one_line(worker.trainers)));
    CHECK_OK(write.database.run("DELETE FROM workers WHERE seen_at < microseconds_now() - $1", kForgotten.count()));
    return {};
  });
  return done ? Status() : done.error();
}

Status WorkerRegistry::deregister(const std::string& name) {
  const auto done = pool_.write(PostgresPool::Durability::kEventual, [&](PostgresWrite& write) -> Status {
    CHECK_OK(write.database.run("DELETE FROM workers WHERE name = $1", name));
    return {};
  });
  return done ? Status() : done.error();
}

Result<std::vector<WorkerRow>> WorkerRegistry::live_workers(std::chrono::seconds timeout) {
  std::vector<WorkerRow> workers;
  const Status read = pool_.read([&](PostgresConnection& database) -> Status {
    workers.clear();
    TRY(rows, database.query("SELECT name, listens_at, program_version, trainers FROM workers WHERE seen_at > "
                             "microseconds_now() - $1 ORDER BY started_at DESC, name",
                             std::chrono::microseconds(timeout).count()));
    while (rows.next()) {
      TRY(trainers, parse_json(rows.text(3), ErrorCode::kInternal));
      workers.push_back({rows.text(0), rows.text(1), rows.text(2), std::move(trainers)});
    }
    return {};
  });
  CHECK_OK(read);
  return workers;
}

}  // namespace modelport
