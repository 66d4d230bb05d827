#include "tests/service/kills/kill_client.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

namespace modelport {

namespace {

void append_line(const std::string& path, const std::string& line) {
  std::ofstream(path, std::ios::app) << line << std::endl;
}

void require(bool holds, const std::string& what) {
  if (holds) return;
  fmt::print("{}\n", what);
  std::exit(1);
}

JobRequest make_request(Backend& backend, const std::string& key, const std::string& behaviour) {
  auto upload = backend.checkpoints().begin_upload("model.pt", UploadKind::kFile, system_clock().now());
  const std::string content = "weights";
  require(upload && (*upload)->append(std::as_bytes(std::span(content))), "an upload was refused");
  const auto stored = (*upload)->finish();
  require(static_cast<bool>(stored), stored ? "" : stored.error().text());
  JobRequest request;
  request.framework = "plain";
  request.export_format = "onnx";
  request.checkpoint_id = stored->id;
  request.training_job_id = "training";
  request.version_tag = key;
  request.set_as_default = key == "preferred";
  request.export_config = {{"behave", behaviour}};
  return request;
}

constexpr auto kTick = std::chrono::milliseconds(5);

void export_twice(KillClient& client) {
  // The second is answered with the first one's artifact.
  for (const char* key : {"first", "second"}) client.see_end(client.submit(key, "companion"));
}

void fail_twice(KillClient& client) {
  for (const char* key : {"first", "second"}) client.see_end(client.submit(key, "exit1"));
}

void cancel_both(KillClient& client) {
  const std::string running = client.submit("first", "slow");
  const std::string waiting = client.submit("second", "slow");
  client.cancel_if_pending(waiting);
  client.cancel_while_exporting(running);
  client.see_end(running);
  client.see_end(waiting);
}

void rewrite_history(KillClient& client) {
  const std::string first = client.submit("first", "companion");
  client.see_end(first);
  const std::string preferred = client.submit("preferred", "daemon");
  client.see_end(preferred);
  client.set_default(first);
  client.remove(first);
  client.remove(preferred);
}

}  // namespace

const std::vector<KillScenario>& kill_scenarios() {
  static const std::vector<KillScenario> scenarios = {
      {"export", export_twice}, {"failure", fail_twice}, {"cancel", cancel_both}, {"history", rewrite_history}};
  return scenarios;
}

const KillScenario* find_scenario(const std::string& name) {
  const auto found = std::ranges::find(kill_scenarios(), name, &KillScenario::name);
  return found == kill_scenarios().end() ? nullptr : &*found;
}

std::string outcome_of(const Job& job) {
  return fmt::format("{} {} {} {}", job.id, info(job.status).name, job.artifact ? job.artifact->key : "-",
                     job.artifact ? job.artifact->sha256 : "-");
}

Job wait_for_end(Backend& backend, const std::string& id) {
  while (true) {
    auto job = backend.jobs().find(id);
    require(static_cast<bool>(job), "an accepted job is lost: " + id);
    if (info(job->status).is_terminal) return *job;
    std::this_thread::sleep_for(kTick);
  }
}

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

std::string KillClient::submit(const std::string& key, const std::string& behaviour) {
  auto creation = backend_.submit(make_request(backend_, key, behaviour), key);
  require(static_cast<bool>(creation), creation ? "" : creation.error().text());
  append_line(directory_ + "/accepted", key + " " + creation->job.id);
  return creation->job.id;
}

void KillClient::see_end(const std::string& id) {
  append_line(directory_ + "/ended", outcome_of(wait_for_end(backend_, id)));
}

void KillClient::cancel_while_exporting(const std::string& id) {
  while (true) {
    const auto job = backend_.jobs().find(id);
    require(static_cast<bool>(job), "an accepted job is lost: " + id);
    if (job->phase == JobPhase::kExporting || info(job->status).is_terminal) break;
    std::this_thread::sleep_for(kTick);
  }
  (void)backend_.cancel(id, CancelMode::kForce);
}

void KillClient::cancel_if_pending(const std::string& id) { (void)backend_.cancel(id, CancelMode::kForce); }

void KillClient::set_default(const std::string& id) {
  const auto done = backend_.set_default(id);
  require(done && done->is_default, "a completed export was refused as default");
}

void KillClient::remove(const std::string& id) {
  append_line(directory_ + "/removing", id);
  const Status done = backend_.remove(id);
  require(static_cast<bool>(done), done ? "" : done.error().text());
  append_line(directory_ + "/removed", id);
}

}  // namespace modelport
