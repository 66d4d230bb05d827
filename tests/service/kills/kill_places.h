#pragma once

#include <map>
#include <memory>
#include <string>

#include "process/process_runner.h"
#include "tests/service/kills/sweep_progress.h"
#include "tests/service/postgres_server.h"
#include "tests/service/radosgw_server.h"

namespace modelport {

enum class KillDatabase { kSqlite, kPostgres };
enum class KillStore { kLocal, kBucket, kBucketInParts };

/// Where the service that is killed keeps its jobs and its artifacts, the servers for that, and the tally of all kills;
/// one of each for all sweeps of this program.
class KillPlaces {
 public:
  static KillPlaces& shared();

  /// Why these cannot be had here; empty: they can.
  std::string missing(KillDatabase database, KillStore store);
  /// Variables for the driver: an empty database, an empty part of the bucket. `scratch` is the point's own.
  std::map<std::string, std::string> fresh(KillDatabase database, KillStore store, const ScratchDirectory& scratch);
  PostgresConfig postgres();

  /// Whether every point is to be swept (MODELPORT_TEST_ALL), or a few.
  bool is_whole() const { return is_whole_; }
  SweepProgress& progress() { return progress_; }

  int killed = 0;  ///< Kills survived by all sweeps.
  int points = 0;  ///< Where.
  int sweeps = 0;  ///< Sweeps that were gone through.

 private:
  KillPlaces();
  bool is_whole_;
  SweepProgress progress_;
  ScratchDirectory directory_;
  std::unique_ptr<RadosgwServer> radosgw_;
  int prefixes_ = 0;
};

/// A run of the driver, to its end.
struct Driven {
  ProcessOutcome outcome;
  std::string said;
};
Driven drive(const ScratchDirectory& scratch, const std::string& data, const std::string& task, int points,
             const std::map<std::string, std::string>& environment);

}  // namespace modelport
