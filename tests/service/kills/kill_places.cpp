#include "tests/service/kills/kill_places.h"

#include <cstdlib>

namespace modelport {

KillPlaces& KillPlaces::shared() {
  static KillPlaces places;
  return places;
}

KillPlaces::KillPlaces()
    : is_whole_(std::getenv("MODELPORT_TEST_ALL") != nullptr),
      progress_(is_whole_ ? std::string(MODELPORT_KILL_DRIVER) + ".passed" : "", MODELPORT_KILL_DRIVER) {}

std::string KillPlaces::missing(KillDatabase database, KillStore store) {
  if (database == KillDatabase::kPostgres) {
    if (std::string reason = PostgresServer::missing(); !reason.empty()) return reason;
  }
  if (store == KillStore::kLocal) return "";
  if (!radosgw_) radosgw_ = std::make_unique<RadosgwServer>();
  return radosgw_->is_there() ? "" : radosgw_->missing();
}

PostgresConfig KillPlaces::postgres() { return PostgresServer::shared().database(directory_); }

std::map<std::string, std::string> KillPlaces::fresh(KillDatabase database, KillStore store,
                                                     const ScratchDirectory& scratch) {
  std::map<std::string, std::string> variables;
  if (store != KillStore::kLocal) variables = radosgw_->environment("kills", std::to_string(++prefixes_));
  if (store == KillStore::kBucketInParts) variables["KILL_PARTS"] = "yes";
  std::filesystem::create_directories(scratch.path("marks"));
  if (database == KillDatabase::kSqlite) return variables;
  const PostgresConfig config = postgres();
  auto connection = PostgresConnection::open(config);
  EXPECT_TRUE(connection);
  const Status dropped = (*connection)->execute("DROP SCHEMA IF EXISTS modelport CASCADE");
  EXPECT_TRUE(dropped) << dropped.error().text();
  variables["KILL_DATABASE"] = config.connection;
  variables["KILL_PASSWORD_FILE"] = scratch.write("password", config.password + "\n");
  return variables;
}

Driven drive(const ScratchDirectory& scratch, const std::string& data, const std::string& task, int points,
             const std::map<std::string, std::string>& environment) {
  Driven driven;
  ProcessRequest request;
  request.arguments = {MODELPORT_KILL_DRIVER, scratch.path(), data, task, std::to_string(points)};
  request.environment = environment;
  request.timeout = std::chrono::minutes(2);
  request.on_line = [&](Stream stream, std::string_view line) {
    if (stream == Stream::kStdout) driven.said += std::string(line) + "\n";
  };
  auto outcome = system_process_runner().run(request);
  EXPECT_TRUE(outcome);
  if (outcome) driven.outcome = *outcome;
  return driven;
}

}  // namespace modelport
