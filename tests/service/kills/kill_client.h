#pragma once

#include <string>
#include <vector>

#include "service/backend/backend.h"

namespace modelport {

/// Whoever uses the service that is killed: asks for jobs and writes down what it was told, so that a later process can
/// hold the service to it. DIRECTORY/accepted has "KEY JOB" of every submit() that returned, DIRECTORY/ended every job
/// that was seen to have ended and how, DIRECTORY/removing and DIRECTORY/removed the jobs that were to go and that
/// went.
class KillClient {
 public:
  KillClient(Backend& backend, std::string directory) : backend_(backend), directory_(std::move(directory)) {}

  /// The job of this idempotency key; the request is the same whenever it is asked for.
  std::string submit(const std::string& key, const std::string& behaviour);
  /// Waits for it and writes down how it ended.
  void see_end(const std::string& id);
  void cancel_while_exporting(const std::string& id);
  void cancel_if_pending(const std::string& id);
  void set_default(const std::string& id);
  void remove(const std::string& id);

 private:
  Backend& backend_;
  std::string directory_;
};

/// What somebody does along a job. Every behaviour of a key is the same at every start.
struct KillScenario {
  std::string name;
  void (*run)(KillClient& client);
};
const KillScenario* find_scenario(const std::string& name);
const std::vector<KillScenario>& kill_scenarios();

/// "ID STATUS KEY SHA256", what never changes of a job that ended.
std::string outcome_of(const Job& job);
/// The job once it has ended; ends this process where an accepted job is not known.
Job wait_for_end(Backend& backend, const std::string& id);
std::vector<std::string> lines_of(const std::string& path);

}  // namespace modelport
