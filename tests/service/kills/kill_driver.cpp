#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "io/failpoint.h"
#include "service/s3/s3_artifact_store.h"
#include "service/s3/s3_client.h"
#include "tests/service/kills/kill_client.h"
#include "tests/service/kills/kill_invariants.h"

/// A Backend that kills itself at the Nth failpoint: kill_driver DIRECTORY DATA TASK N. DIRECTORY is KillClient's, DATA
/// the name in it of this process's data directory. TASK is a scenario ("export"), or "front:SCENARIO" for a service
/// whose jobs are run by others, "worker" for one of those, or "check", which waits until every job has ended and
/// prints what does not hold. N = 0: it is not killed. Prints how many points it passed. KILL_DATABASE and
/// KILL_PASSWORD_FILE name a PostgreSQL; S3_BUCKET and its like a bucket, KILL_PARTS that uploads go in parts.
namespace modelport {
namespace {

constexpr int kWrong = 1, kUsage = 2;

std::atomic<int> points_left = 0;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void kill_at(int points) {
  points_left = points;
  failpoint_hook = [](std::string_view) {
    if (--points_left == 0) ::kill(::getpid(), SIGKILL);
  };
}

ServiceConfig config_of(const std::string& directory, const std::string& data, ServiceConfig::Role role) {
  ServiceConfig config;
  config.role = role;
  config.data_directory = directory + "/" + data;
  config.database = variable("KILL_DATABASE");
  config.database_password_file = variable("KILL_PASSWORD_FILE");
  if (!config.database.empty()) config.shared_directory = directory + "/shared";
  config.lease = std::chrono::seconds(3);
  TrainerConfig trainer;
  trainer.name = "plain";
  trainer.command = {"/bin/sh", MODELPORT_SOURCE_DIR "/tests/service/exporters/exclusive.sh"};
  trainer.frameworks = {"plain"};
  trainer.environment = {{"MARKS", directory + "/marks"}, {"PAUSE", "0"}};
  trainer.wanted_sandbox = SandboxLevel::kProcess;
  config.trainers = {trainer};
  config.max_attempts = 100;
  return config;
}

Result<S3Config> bucket() {
  TRY(config, s3_config_from([](const char* name) { return variable(name); }));
  if (!variable("KILL_PARTS").empty()) config.multipart_from = 1;
  return config;
}

Result<std::unique_ptr<Backend>> start(ServiceConfig config) {
  if (variable("S3_BUCKET").empty()) return Backend::start(std::move(config));
  TRY(store, bucket());
  return Backend::start(std::move(config), make_s3_artifact_store(std::move(store)));
}

/// Of a bucket: what lies beside the objects that its store lists, and uploads that were begun and not ended.
std::vector<std::string> leftovers_in_bucket(Backend& backend) {
  std::vector<std::string> wrong;
  if (variable("S3_BUCKET").empty()) return wrong;
  const S3Client client(*bucket());
  const auto count = [&](const std::map<std::string, std::string>& query, std::string_view element) {
    const auto reply = client.call({.method = "GET", .key = "", .query = query});
    size_t found = 0;
    for (size_t at = 0; reply && (at = reply->body.find(element, at)) != std::string::npos; ++at) ++found;
    return found;
  };
  const std::string prefix = client.config().prefix + "/";
  const size_t objects = count({{"list-type", "2"}, {"prefix", prefix}}, "<Contents>");
  const size_t results = backend.artifacts().list("", "", 1000)->size();
  if (objects != 2 * results) wrong.push_back(fmt::format("{} objects in the bucket of {} results", objects, results));
  const size_t uploads = count({{"uploads", ""}, {"prefix", prefix}}, "<UploadId>");
  if (uploads != 0) wrong.push_back(fmt::format("{} uploads in parts were begun and not ended", uploads));
  return wrong;
}

int check(Backend& backend, const std::string& directory, const std::string& local_data) {
  // What would not end by itself is cancelled.
  if (const auto page = backend.jobs().list({}, "", 200)) {
    for (const Job& job : page->jobs) {
      if (job.request.export_config.value("behave", "") == "slow") (void)backend.cancel(job.id, CancelMode::kForce);
    }
  }
  std::vector<std::string> wrong = broken_invariants(backend, directory, local_data);
  for (std::string& each : leftovers_in_bucket(backend)) wrong.push_back(std::move(each));
  for (const std::string& each : wrong) fmt::print("{}\n", each);
  return wrong.empty() ? 0 : kWrong;
}

int work_until_told(Backend& backend) {
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  int number = 0;
  sigwait(&ending, &number);
  backend.shutdown(std::chrono::seconds(0));
  return 0;
}

int run(const std::string& directory, const std::string& data, std::string task, int points) {
  using Role = ServiceConfig::Role;
  Role role = task == "worker" ? Role::kWorker : Role::kAllInOne;
  if (task.starts_with("front:")) {
    role = Role::kApi;
    task = task.substr(6);
  }
  const KillScenario* scenario = find_scenario(task);
  if (scenario == nullptr && task != "worker" && task != "check") return kUsage;
  kill_at(points);
  auto started = start(config_of(directory, data, role));
  if (!started) {
    fmt::print("{}\n", started.error().text());
    return kWrong;
  }
  Backend& backend = **started;
  if (task == "worker") return work_until_told(backend);
  if (scenario != nullptr) {
    // A front knows the frameworks of its workers a heartbeat after they registered.
    while (backend.capabilities().empty()) ::usleep(20'000);
    KillClient client(backend, directory);
    scenario->run(client);
  } else if (const int wrong = check(backend, directory, directory + "/" + data); wrong != 0) {
    return wrong;
  }
  failpoint_hook = nullptr;
  fmt::print("{}\n", points - points_left.load());
  return 0;
}

}  // namespace
}  // namespace modelport

int main(int count, char** values) {
  using namespace modelport;
  if (count != 5) return kUsage;
  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGTERM);
  sigprocmask(SIG_BLOCK, &ending, nullptr);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  return run(values[1], values[2], values[3], std::atoi(values[4]));
}
