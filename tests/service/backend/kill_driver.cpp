#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "base/sha256.h"
#include "io/failpoint.h"
#include "service/backend/backend.h"
#include "tests/service/scratch_directory.h"

/// A Backend that kills itself at the Nth failpoint: kill_driver DIRECTORY EXPORTER BEHAVIOUR N. DIRECTORY/accepted
/// gets the id of every job that submit() returned, DIRECTORY/ended every job that was seen to have ended and how. With
/// N = 0 it submits nothing, waits until every job has ended, checks what must hold, and prints what does not.
namespace modelport {
namespace {

std::atomic<int> points_left = 0;

void append_line(const std::string& path, const std::string& line) {
  std::ofstream(path, std::ios::app) << line << "\n";
}

std::string outcome_of(const Job& job) {
  return fmt::format("{} {} {} {}", job.id, info(job.status).name, job.artifact ? job.artifact->key : "-",
                     job.artifact ? job.artifact->sha256 : "-");
}

Job wait_for_end(Backend& backend, const std::string& id) {
  while (true) {
    auto job = backend.jobs().find(id);
    if (!job) {
      fmt::print("an accepted job is lost: {}\n", job.error().text());
      std::exit(1);
    }
    if (info(job->status).is_terminal) return *job;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

JobRequest make_request(Backend& backend, const std::string& behaviour) {
  auto upload = backend.checkpoints().begin_upload("model.pt", UploadKind::kFile, system_clock().now());
  const std::string content = "weights";
  if (!upload || !(*upload)->append(std::as_bytes(std::span(content)))) std::exit(2);
  auto info = (*upload)->finish();
  if (!info) std::exit(2);
  JobRequest request;
  request.framework = "plain";
  request.export_format = "onnx";
  request.checkpoint_id = info->id;
  request.training_job_id = "training";
  request.export_config = {{"behave", behaviour}};
  return request;
}

/// What would not end by itself is cancelled.
void cancel_the_slow(Backend& backend, const std::string& behaviour) {
  if (behaviour != "slow") return;
  auto page = backend.jobs().list({}, "", 200);
  if (!page) return;
  for (const Job& job : page->jobs) {
    if (!info(job.status).is_terminal) (void)backend.cancel(job.id, CancelMode::kForce);
  }
}

/// Everything that is true after any kill; prints and counts what is not.
int check(Backend& backend, const std::string& directory) {
  int wrong = 0;
  const auto complain = [&](const std::string& text) {
    fmt::print("{}\n", text);
    ++wrong;
  };
  std::set<std::string> keys;
  for (const std::string& id : lines_of(directory + "/accepted")) wait_for_end(backend, id);
  auto page = backend.jobs().list({}, "", 200);
  if (!page) return 1;
  int defaults = 0;
  for (const Job& listed : page->jobs) {
    const Job job = wait_for_end(backend, listed.id);
    defaults += job.is_default;
    if ((job.status == JobStatus::kCompleted) != job.artifact.has_value())
      complain(job.id + ": result and state disagree");
    if (job.status == JobStatus::kFailed && job.error->code == FailureCode::kInternal) complain(job.error->message);
    if (!job.artifact) continue;
    keys.insert(job.artifact->key);
    const auto path = backend.artifacts().local_path(job.artifact->key);
    const std::string bytes = file_text(*path);
    if (sha256_hex(std::as_bytes(std::span(bytes))) != job.artifact->sha256)
      complain(job.id + ": its result is not what was recorded");
  }
  if (!keys.empty() && defaults != 1) complain(fmt::format("{} defaults", defaults));
  for (const std::string& line : lines_of(directory + "/ended")) {
    const auto job = backend.jobs().find(line.substr(0, line.find(' ')));
    if (!job || outcome_of(*job) != line) complain("an end has changed: " + line);
  }
  auto objects = backend.artifacts().list("", "", 1000);
  for (const ObjectInfo& object : *objects) {
    if (!keys.contains(object.key)) complain("nobody points at " + object.key);
  }
  if (objects->size() != keys.size()) complain("a result is missing");
  if (!backend.jobs().running_attempts()->empty()) complain("an attempt is recorded as running");
  for (const auto& entry : std::filesystem::directory_iterator(directory + "/data/work")) {
    // The last attempt may still be removing its own.
    for (int i = 0; i < 500 && std::filesystem::exists(entry.path()); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (std::filesystem::exists(entry.path())) complain("left behind: " + entry.path().string());
  }
  return wrong;
}

void cancel_while_exporting(Backend& backend, const std::string& id) {
  while (backend.jobs().find(id)->phase != JobPhase::kExporting)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  (void)backend.cancel(id, CancelMode::kForce);
}

void kill_at(int points) {
  points_left = points;
  failpoint_hook = [](std::string_view) {
    if (--points_left == 0) ::kill(::getpid(), SIGKILL);
  };
}

int run(const std::string& directory, const std::string& exporter, const std::string& behaviour, int points) {
  ServiceConfig config;
  config.data_directory = directory + "/data";
  TrainerConfig trainer;
  trainer.name = "plain";
  trainer.command = {"/bin/sh", exporter};
  trainer.frameworks = {"plain"};
  trainer.wanted_sandbox = SandboxLevel::kProcess;
  config.trainers = {trainer};
  config.max_attempts = 100;
  if (points < 0) kill_at(-points);
  auto started = Backend::start(config);
  if (!started) {
    fmt::print("{}\n", started.error().text());
    return 1;
  }
  Backend& backend = **started;
  if (points <= 0) {
    cancel_the_slow(backend, behaviour);
    return check(backend, directory) == 0 ? 0 : 1;
  }
  const JobRequest request = make_request(backend, behaviour);
  // Counted from the first submission on: start and upload have points of their own only within jobs.
  kill_at(points);
  for (int i = 0; i < 2; ++i) {
    auto creation = backend.submit(request, "");
    if (!creation) return 2;
    append_line(directory + "/accepted", creation->job.id);
    if (behaviour == "slow") cancel_while_exporting(backend, creation->job.id);
    append_line(directory + "/ended", outcome_of(wait_for_end(backend, creation->job.id)));
  }
  failpoint_hook = nullptr;
  fmt::print("{}\n", points - points_left.load());
  return 3;
}

}  // namespace
}  // namespace modelport

int main(int count, char** values) {
  if (count != 5) return 2;
  return modelport::run(values[1], values[2], values[3], std::atoi(values[4]));
}
