#include "tests/service/kills/kill_invariants.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "base/sha256.h"
#include "process/process_tree.h"
#include "service/run/attempt.h"
#include "service/run/exporter_process.h"
#include "tests/service/kills/kill_client.h"

namespace modelport {

namespace {

class Examination {
 public:
  Examination(Backend& backend, const std::string& directory) : backend_(backend), directory_(directory) {}

  std::vector<std::string> wrong;

  void wait_for_all() {
    for (const std::string& line : lines_of(directory_ + "/removing")) removing_.insert(line);
    for (const std::string& line : lines_of(directory_ + "/removed")) removed_.insert(line);
    for (const std::string& line : lines_of(directory_ + "/accepted")) {
      const size_t space = line.find(' ');
      const std::string id = line.substr(space + 1);
      std::string& known = jobs_of_keys_[line.substr(0, space)];
      // A key is free again with its job.
      if (!known.empty() && known != id && !removing_.contains(known))
        complain("two jobs of key " + line.substr(0, space));
      known = id;
      if (!removing_.contains(id)) wait_for_end(backend_, id);
    }
    auto page = backend_.jobs().list({}, "", 200);
    if (!page) return complain(page.error().text());
    for (const Job& listed : page->jobs) jobs_.push_back(wait_for_end(backend_, listed.id));
  }

  void ends_are_kept() {
    for (const std::string& line : lines_of(directory_ + "/ended")) {
      const std::string id = line.substr(0, line.find(' '));
      const auto job = backend_.jobs().find(id);
      if (!job && removing_.contains(id)) continue;
      if (!job || outcome_of(*job) != line) complain("an end has changed: " + line);
    }
    for (const std::string& id : removed_) {
      if (backend_.jobs().find(id)) complain("a removed job is back: " + id);
    }
  }

  void states_agree() {
    std::map<std::string, int> defaults, completed, tags;
    for (const Job& job : jobs_) {
      const bool is_completed = job.status == JobStatus::kCompleted;
      const std::string group = job.request.training_job_id + " " + job.request.export_format;
      defaults[group] += job.is_default;
      completed[group] += is_completed;
      if (++tags[job.request.version_tag] > 1) complain("two jobs of key " + job.request.version_tag);
      if (is_completed != job.artifact.has_value()) complain(job.id + ": result and state disagree");
      if (job.status == JobStatus::kFailed && job.error->code != FailureCode::kExportFailed)
        complain(fmt::format("{}: {}", job.id, job.error->message));
      int ends = 0;
      const auto events = backend_.jobs().events(job.id, 0, 1000);
      for (const JobEvent& event : *events)
        ends += event.type == "completed" || event.type == "failed" || event.type == "cancelled";
      if (ends != 1) complain(fmt::format("{} has ended {} times", job.id, ends));
    }
    for (const auto& [group, count] : defaults) {
      if (count != (completed[group] > 0 ? 1 : 0)) complain(fmt::format("{} defaults of {}", count, group));
    }
    const auto counts = backend_.jobs().counts();
    if (!counts || counts->by_status[0] != 0 || counts->by_status[1] != 0) complain("jobs are counted as active");
    if (!backend_.jobs().running_attempts()->empty()) complain("an attempt is recorded as running");
  }

  void results_are_whole() {
    std::set<std::string> keys;
    for (const Job& job : jobs_) {
      if (!job.artifact) continue;
      keys.insert(job.artifact->key);
      if (digest_of(*job.artifact) != job.artifact->sha256) complain(job.id + ": its result is not what was recorded");
    }
    const auto objects = backend_.artifacts().list("", "", 1000);
    if (!objects) return complain(objects.error().text());
    for (const ObjectInfo& object : *objects) {
      if (!keys.contains(object.key)) complain("nobody points at " + object.key);
    }
    if (objects->size() != keys.size()) complain("a result is missing");
    if (!backend_.jobs().artifacts_pending_deletion(10)->empty()) complain("an artifact is marked for deletion still");
  }

  void no_process_is_left() {
    for (const Job& job : jobs_) {
      for (int attempt = 1; attempt <= job.attempt; ++attempt) {
        if (kill_marked(kRunMark, attempt_name({job.id, attempt})) > 0)
          complain(fmt::format("a process of attempt {} of {} lived on", attempt, job.id));
      }
    }
    if (std::filesystem::exists(directory_ + "/marks/overlap")) complain("two attempts at one job ran at once");
  }

  void no_file_is_left(const std::string& local_data) {
    std::set<std::string> ids;
    for (const Job& job : jobs_) ids.insert(job.id);
    const auto logged = backend_.logs().jobs();
    for (const std::string& id : *logged) {
      if (!ids.contains(id)) complain("a log of no job: " + id);
    }
    for (const auto& entry : std::filesystem::directory_iterator(local_data + "/work")) await_removal(entry.path());
    for (const std::string& place : {local_data, directory_ + "/shared"}) {
      std::error_code missing;
      for (std::filesystem::recursive_directory_iterator entry(place, missing), end; !missing && entry != end;
           entry.increment(missing)) {
        const std::string name = entry->path().filename().string();
        const bool may_still_arrive = place != local_data && entry->path().parent_path().filename() == "checkpoints";
        if (name.starts_with(".arriving-") && !may_still_arrive) complain("left behind: " + entry->path().string());
      }
    }
  }

 private:
  void complain(const std::string& text) { wrong.push_back(text); }

  /// The last attempt may still be removing its own.
  void await_removal(const std::filesystem::path& path) {
    for (int i = 0; i < 500 && std::filesystem::exists(path); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (std::filesystem::exists(path)) complain("left behind: " + path.string());
  }

  std::string digest_of(const StoredArtifact& artifact) {
    auto reader = backend_.artifacts().open(artifact.key, 0, artifact.bytes);
    if (!reader) return reader.error().text();
    Sha256 hash;
    std::vector<std::byte> buffer(size_t{1} << 16);
    while (true) {
      const auto count = (*reader)->read(buffer);
      if (!count) return count.error().text();
      if (*count == 0) return hash.hex_digest();
      hash.update(std::span(buffer).first(*count));
    }
  }

  Backend& backend_;
  const std::string& directory_;
  std::map<std::string, std::string> jobs_of_keys_;
  std::set<std::string> removing_, removed_;
  std::vector<Job> jobs_;
};

}  // namespace

std::vector<std::string> broken_invariants(Backend& backend, const std::string& directory,
                                           const std::string& local_data) {
  Examination examination(backend, directory);
  examination.wait_for_all();
  examination.ends_are_kept();
  examination.states_agree();
  examination.results_are_whole();
  examination.no_process_is_left();
  examination.no_file_is_left(local_data);
  return std::move(examination.wrong);
}

}  // namespace modelport
