#include "service/run/attempt.h"

#include <sys/stat.h>

#include <filesystem>
#include <thread>

#include "base/log.h"
#include "convention/schema.h"
#include "io/beneath.h"
#include "io/failpoint.h"
#include "service/artifacts/package.h"
#include "service/artifacts/readme.h"
#include "service/jobs/job_row.h"
#include "service/run/effective_config.h"
#include "service/run/exporter_command.h"
#include "service/run/exporter_process.h"
#include "service/run/failure.h"
#include "service/run/finished_output.h"
#include "service/run/output_proof.h"
#include "service/run/program_fingerprint.h"
#include "service/run/runner.h"

namespace modelport {

namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;
using End = AttemptReport::End;

/// How long a job's end is offered to a database that does not take it.
constexpr auto kRecordTimeout = std::chrono::seconds(30);
/// For what is asked without a model.
constexpr auto kQuestionTimeout = std::chrono::seconds(60);
/// How long its result is offered to a store that does not answer.
constexpr auto kStoreTimeout = std::chrono::minutes(2);

std::string text_in(const Json& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found != metadata.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Whether a schema of export_config has the value "structure" of `validate`.
bool takes_structure(const Json& schema) {
  const Json::json_pointer validate("/properties/validate");
  if (!schema.is_object() || !schema.contains(validate)) return false;
  const bool is_named = one_line(schema.at(validate)).find("\"structure\"") != std::string::npos;
  return is_named && check_against_schema(one_line(schema), {{"validate", "structure"}}).empty();
}

uint64_t bytes_beneath(const std::string& directory) {
  uint64_t bytes = 0;
  std::error_code failed;
  for (fs::recursive_directory_iterator entry(directory, fs::directory_options::skip_permission_denied, failed), end;
       !failed && entry != end; entry.increment(failed)) {
    struct stat info {};
    if (::lstat(entry->path().c_str(), &info) == 0) bytes += static_cast<uint64_t>(info.st_blocks) * 512;
  }
  return bytes;
}

/// One attempt. Each step gives the failure that ends it, if it does.
class Attempt {
 public:
  using Step = std::optional<JobError> (Attempt::*)();

  Attempt(AttemptEnvironment& environment, const AttemptTrainer& trainer, const ClaimedJob& claimed,
          AttemptControl& control)
      : environment_(environment),
        trainer_(trainer),
        job_(claimed.job),
        lease_(claimed.lease),
        control_(control),
        directory_(fmt::format("{}/{}", environment.work_directory, attempt_name(claimed.lease))) {}

  AttemptReport run() {
    report_.end = go_through_phases();
    report_.total = Steady::now() - began_;
    environment_.logs.close(lease_.job_id);
    failpoint("attempt: before its directory is gone");
    (void)remove_tree(directory_);
    return report_;
  }

 private:
  struct PhaseRow {
    JobPhase phase;
    Step step;
  };
  End go_through_phases() {
    const PhaseRow phases[] = {
        {JobPhase::kStarting, &Attempt::start},      {JobPhase::kExporting, &Attempt::export_model},
        {JobPhase::kValidating, &Attempt::validate}, {JobPhase::kPackaging, &Attempt::package},
        {JobPhase::kUploading, &Attempt::upload},
    };
    for (const PhaseRow& row : phases) {
      if (row.phase != JobPhase::kStarting) {
        if (const Status held = environment_.jobs.advance(lease_, row.phase, info(row.phase).progress); !held)
          return lose(held.error());
      }
      failpoint(info(row.phase).name);
      phase_ = row.phase;
      if (auto error = (this->*row.step)()) return end_failed(*std::move(error));
      if (control_.stop != StopOrder::kGoOn) return end_stopped();
      if (phase_ == JobPhase::kStarting && try_stored()) return End::kCompleted;
    }
    return end_completed();
  }

  std::optional<JobError> start() {
    const JobRequest& request = job_.request;
    auto found = request.checkpoint_id.empty() ? environment_.checkpoints.resolve_path(request.checkpoint_path)
                                               : environment_.checkpoints.find(request.checkpoint_id);
    if (!found) {
      const bool may_come_back =
          found.error().code == ErrorCode::kUnavailable || found.error().code == ErrorCode::kBusy;
      return failed(may_come_back ? FailureCode::kStorageFailed : FailureCode::kCheckpointMissing,
                    found.error().text());
    }
    checkpoint_ = *std::move(found);
    config_ = config_to_send();
    cache_key_ = reuse_key();
    std::error_code failure;
    (void)remove_tree(directory_);
    fs::create_directories(directory_ + "/output", failure);
    fs::create_directory(directory_ + "/scratch", failure);
    if (failure) return failed(FailureCode::kStorageFailed, "no work directory can be made: " + failure.message());
    auto process = prepare_exporter(
        trainer_.config, environment_.sandbox, {directory_, environment_.hidden, {checkpoint_.path}},
        exporter_command(trainer_.config.command,
                         {checkpoint_.path, request.export_format, directory_ + "/output", canonical_text(config_)}),
        attempt_name(lease_));
    if (!process) {
      const bool is_missing = process.error().code == ErrorCode::kNotFound;
      return failed(is_missing ? FailureCode::kCannotStart : FailureCode::kSandboxUnavailable, process.error().text());
    }
    process_ = *std::move(process);
    std::string level(sandbox_level_name(process_.level));
    const std::string_view groups = control_groups_name(environment_.sandbox.groups.version);
    if (!groups.empty()) level += fmt::format(", {}", groups);
    const Status described = environment_.jobs.describe(lease_, checkpoint_.id, level);
    if (!described) log_warning("job {}: {}", lease_.job_id, described.error().text());
    return std::nullopt;
  }

  /// Where the verifier compares the numbers the exporter need not, if its schema lets it.
  Json config_to_send() const {
    Json config = job_.request.export_config;
    if (trainer_.verifier.empty() || !is_verified_here(job_.request.export_format) || config.contains("validate"))
      return config;
    // Without the engine here the exporter's own comparison is all that there is.
    if (trainer_.proof == "runtime" && takes_structure(trainer_.config_schema)) config["validate"] = "structure";
    return config;
  }

  /// Empty where the store may not answer for this exporter: what cannot be fingerprinted may be another one by now.
  std::string reuse_key() const {
    const Reuse reuse = trainer_.config.reuse;
    if (reuse == Reuse::kNever) return "";
    const std::string fingerprint = program_fingerprint(trainer_.config.command);
    if (fingerprint.empty() || (reuse == Reuse::kFingerprinted && !has_whole_fingerprint(trainer_.config.command)))
      return "";
    return export_cache_key(checkpoint_.id, job_.request.export_format,
                            effective_config(config_, trainer_.config_schema), trainer_.exporter_version,
                            fingerprint + trainer_.verifier);
  }

  /// Finishes with the artifact of an equal export, if there is one and it may be used.
  bool try_stored() {
    if (job_.request.force || cache_key_.empty()) return false;
    auto found = environment_.jobs.find_cached(cache_key_);
    if (!found || !*found || !(*found)->artifact) return false;
    const Job& earlier = **found;
    if (!environment_.artifacts.stat(earlier.artifact->key)) return false;
    const std::string& maker = earlier.reused_from.empty() ? earlier.id : earlier.reused_from;
    Completion completion{*earlier.artifact,
                          earlier.export_results,
                          earlier.task_type,
                          earlier.model_name,
                          earlier.proof,
                          earlier.exporter_version,
                          cache_key_,
                          true,
                          earlier.proof_document,
                          maker,
                          ""};
    if (!environment_.jobs.finish_completed(lease_, completion)) return false;
    log_service_line(fmt::format(
        "the same checkpoint and configuration were exported by job {}: its artifact is given again", earlier.id));
    report_.from_cache = true;
    return true;
  }

  std::optional<JobError> export_model() {
    FailureLineScanner lines;
    ConfinedRequest& request = process_.request;
    request.on_line = [&](Stream stream, std::string_view line) {
      lines.observe(stream, line);
      const LogStream kept = stream == Stream::kStdout ? LogStream::kStdout : LogStream::kStderr;
      environment_.logs.append(lease_.job_id, lease_.token, kept, line, environment_.clock.now());
    };
    request.on_started = [&](const ProcessIdentity& program) {
      (void)environment_.jobs.record_process(lease_, program);
      failpoint("exporter started");
    };
    request.should_stop = [&] { return control_.stop.load(); };
    request.is_over_output_limit = [&] { return bytes_beneath(directory_) > trainer_.config.limits.output_bytes; };
    const auto began = Steady::now();
    const RunnerJob job{request, attempt_name(lease_), environment_.work_directory,
                        [this](std::string_view text) { log_service_line(text); }, environment_.places};
    auto outcome = runner_for(trainer_.config)->run(job);
    report_.exporter = Steady::now() - began;
    failpoint("exporter ended");
    if (!outcome) {
      const bool was_lost = outcome.error().code == ErrorCode::kInterrupted;
      return failed(was_lost ? FailureCode::kInterrupted : FailureCode::kCannotStart, outcome.error().text());
    }
    // Only a supervisor that was ended itself says neither, and leaves what it watched.
    if (!outcome->exit_code && outcome->signal == 0) (void)kill_marked(kRunMark, attempt_name(lease_));
    if (outcome->ended == ConfinedOutcome::Ended::kStopped) return std::nullopt;
    auto error = judge_run(*outcome, lines, process_.level, trainer_.config.limits);
    const JobRequest& wanted = job_.request;
    if (!error) (void)environment_.jobs.clear_availability_overrides(wanted.framework, wanted.export_format);
    if (const auto said = unavailability(*outcome, lines)) note_missing_format(*said, *error);
    return error;
  }

  /// The exporter said that it does not write this format. One model's trouble takes it from nobody else: only what it
  /// says without a model does, and only where it never wrote that format and has no --capabilities of its own.
  void note_missing_format(const std::string& said, JobError& error) {
    const JobRequest& request = job_.request;
    const auto has_completed =
        environment_.jobs.has_completed(request.framework, request.export_format, trainer_.fingerprint);
    const bool is_here = trainer_.config.runner == RunnerKind::kLocal;
    const bool may_be_marked = is_here && !trainer_.tells_capabilities && has_completed && !*has_completed;
    const auto sentence = may_be_marked ? sentence_without_model() : std::nullopt;
    if (sentence) {
      (void)environment_.jobs.override_availability({request.framework, request.export_format, *sentence,
                                                     environment_.clock.now(), lease_.job_id, trainer_.fingerprint});
      return;
    }
    error.message = fmt::format("not for this model: {}", said);
  }

  /// What the exporter says of the format when it is given neither a model nor options; nothing where that is no word
  /// of a missing format.
  std::optional<std::string> sentence_without_model() {
    std::error_code failure;
    const std::string directory = directory_ + "/without-model";
    for (const char* folder : {"/output", "/scratch"}) fs::create_directories(directory + folder, failure);
    if (failure) return std::nullopt;
    auto process = prepare_exporter(
        trainer_.config, environment_.sandbox, {directory, environment_.hidden, {}},
        exporter_command(trainer_.config.command,
                         {directory + "/no-model", job_.request.export_format, directory + "/output", "{}"}),
        attempt_name(lease_));
    if (!process) return std::nullopt;
    FailureLineScanner lines;
    ConfinedRequest& request = process->request;
    request.timeout = std::min<std::chrono::milliseconds>(request.timeout, kQuestionTimeout);
    request.should_stop = [&] { return control_.stop.load(); };
    request.on_line = [&](Stream stream, std::string_view line) { lines.observe(stream, line); };
    log_service_line("the exporter is asked for the format without a model");
    const auto outcome = run_confined(request);
    return outcome ? unavailability(*outcome, lines) : std::nullopt;
  }

  std::optional<JobError> validate() {
    if (checkpoint_.place == CheckpointInfo::Place::kInPlace) {
      const auto now = environment_.checkpoints.resolve_path(job_.request.checkpoint_path);
      if (!now || now->id != checkpoint_.id)
        return failed(FailureCode::kCheckpointMissing, "the checkpoint was changed while it was being exported");
    }
    auto output = read_output(directory_ + "/output",
                              {trainer_.config.frameworks, job_.request.export_format, job_.request.export_config});
    if (auto* error = std::get_if<JobError>(&output)) return std::move(*error);
    output_ = std::get<FinishedOutput>(std::move(output));
    uint64_t bytes = 0;
    for (const OutputFileEntry& file : output_.files) bytes += static_cast<uint64_t>(file.bytes);
    const uint64_t most = trainer_.config.limits.output_bytes;
    if (bytes > most)
      return failed(FailureCode::kOutputLimit,
                    fmt::format("the exporter's files have {} bytes together, at most {} are allowed", bytes, most));
    return prove();
  }

  /// What the exporter claims is not asked.
  std::optional<JobError> prove() {
    const auto own_program = [&](const std::string& path) {
      return OwnProgram{path, environment_.sandbox, environment_.work_directory, environment_.hidden};
    };
    const OutputJudges judges{own_program(trainer_.verifier.empty() ? "" : trainer_.config.verifier),
                              own_program(environment_.modelport), trainer_.verifier};
    OwnCommand limits;
    limits.timeout = trainer_.config.limits.timeout;
    limits.memory_bytes = trainer_.config.limits.memory_bytes;
    limits.mark = attempt_name(lease_);
    limits.should_stop = [&] { return control_.stop.load(); };
    const auto began = Steady::now();
    proof_ = prove_output(judges, {output_.directory, job_.request.export_format, checkpoint_.path}, limits);
    report_.exporter += Steady::now() - began;
    if (control_.stop != StopOrder::kGoOn) return std::nullopt;
    const Json& reason = proof_.document["reason"];
    log_service_line(fmt::format("proof: {}{}", proof_.level(),
                                 reason.is_string() ? fmt::format("; {}", reason.get<std::string>()) : ""));
    if (!proof_.contradiction) return std::nullopt;
    return failed(FailureCode::kValidationFailed, *proof_.contradiction);
  }

  std::optional<JobError> package() {
    // The exporter may have put a pipe or a link where the package goes.
    if (const Status cleared = remove_tree(directory_ + "/export.zip"); !cleared)
      return failed(FailureCode::kPackagingFailed, cleared.error().text());
    PackageRequest request{output_.directory, {}, output_.metadata, proof_.document, directory_ + "/export.zip"};
    for (const OutputFileEntry& file : output_.files) request.files.push_back(file.name);
    auto packed = write_package(request);
    if (!packed) return failed(FailureCode::kPackagingFailed, packed.error().text());
    package_ = *std::move(packed);
    return std::nullopt;
  }

  std::optional<JobError> upload() {
    const NewObject object{artifact_key(lease_),
                           directory_ + "/export.zip",
                           package_.sha256,
                           {{"framework", job_.request.framework},
                            {"model", text_in(output_.metadata, "model_name")},
                            {"format", job_.request.export_format},
                            {"sha256", package_.sha256}},
                           print_json(output_.metadata)};
    if (const Status stored = put_with_retry(object); !stored)
      return failed(FailureCode::kStorageFailed, stored.error().text());
    artifact_ = {object.key, package_.sha256, package_.bytes};
    failpoint("stored");
    return std::nullopt;
  }

  /// Waits for a store that is away: the export that is finished may have taken hours.
  Status put_with_retry(const NewObject& object) {
    const auto until = Steady::now() + kStoreTimeout;
    for (bool is_logged = false;; is_logged = true) {
      Status stored = environment_.artifacts.put(object);
      const bool may_come_back = !stored && stored.error().code == ErrorCode::kUnavailable;
      if (!may_come_back || Steady::now() >= until || control_.stop != StopOrder::kGoOn) return stored;
      if (!is_logged) log_service_line(fmt::format("the result waits for the store: {}", stored.error().text()));
      std::this_thread::sleep_for(std::chrono::milliseconds(500));
    }
  }

  End end_completed() {
    const Completion completion{artifact_,
                                output_.metadata,
                                text_in(output_.metadata, "task_type"),
                                text_in(output_.metadata, "model_name"),
                                proof_.level(),
                                trainer_.exporter_version,
                                cache_key_,
                                false,
                                proof_.document,
                                "",
                                trainer_.fingerprint};
    const Status done = retry_until_recorded([&] { return environment_.jobs.finish_completed(lease_, completion); });
    if (done) return End::kCompleted;
    remove_unrecorded();
    return lose(done.error());
  }

  End end_failed(JobError error) {
    if (control_.stop != StopOrder::kGoOn) return end_stopped();
    // First: it may be what fills the disk that the database needs.
    (void)remove_tree(directory_);
    log_service_line(fmt::format("failed: {}", error.message));
    const bool again = info(error.code).is_retried;
    const Status done = retry_until_recorded([&] {
      return again ? environment_.jobs.abandon(lease_, error) : environment_.jobs.finish_failed(lease_, error);
    });
    if (!done) return lose(done.error());
    return again && !was_last_attempt(job_, AbandonedBy::kFailure) ? End::kRequeued : End::kFailed;
  }

  /// What was stored for an end that is not on record. A database that failed while committing may have it on record
  /// all the same, and one that does not answer is not contradicted.
  void remove_unrecorded() {
    if (artifact_.key.empty()) return;
    const auto is_recorded = environment_.jobs.refers_to(artifact_.key);
    if (is_recorded && !*is_recorded) (void)environment_.artifacts.remove(artifact_.key);
  }

  End end_stopped() {
    (void)remove_tree(directory_);
    remove_unrecorded();
    if (control_.is_shutdown) {
      log_service_line("the service is ending; the job will be run again");
      const JobError error{
          FailureCode::kInterrupted, std::string(info(FailureCode::kInterrupted).meaning), phase_, {}, 0};
      const Status done =
          retry_until_recorded([&] { return environment_.jobs.abandon(lease_, error, AbandonedBy::kRestart); });
      return done ? End::kRequeued : End::kLost;
    }
    log_service_line("cancelled");
    const Status done = retry_until_recorded([&] { return environment_.jobs.finish_cancelled(lease_); });
    return done ? End::kCancelled : End::kLost;
  }

  End lose(const Error& error) {
    log_warning("job {}, attempt {}: {}", lease_.job_id, lease_.token, error.text());
    return End::kLost;
  }

  /// Asks again while the database cannot write; a refusal is final.
  template <class Write>
  Status retry_until_recorded(Write write) {
    const auto until = Steady::now() + kRecordTimeout;
    while (true) {
      Status done = write();
      if (done || done.error().code == ErrorCode::kConflict || done.error().code == ErrorCode::kNotFound) return done;
      if (Steady::now() >= until || control_.is_shutdown) return done;
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
  }

  JobError failed(FailureCode code, std::string message) const {
    return {code, std::move(message), phase_, std::nullopt, 0};
  }

  void log_service_line(std::string_view text) {
    environment_.logs.append(lease_.job_id, lease_.token, LogStream::kService, text, environment_.clock.now());
  }

  AttemptEnvironment& environment_;
  const AttemptTrainer& trainer_;
  const Job& job_;
  const JobLease lease_;
  AttemptControl& control_;
  const std::string directory_;
  const Steady::time_point began_ = Steady::now();
  AttemptReport report_;
  JobPhase phase_ = JobPhase::kStarting;
  CheckpointInfo checkpoint_;
  Json config_;  ///< As the exporter gets it.
  std::string cache_key_;
  ExporterProcess process_;
  FinishedOutput output_;
  OutputProof proof_;
  Package package_;
  StoredArtifact artifact_;
};

}  // namespace

std::string attempt_name(const JobLease& lease) { return fmt::format("{}.{}", lease.job_id, lease.token); }

std::string artifact_key(const JobLease& lease) { return attempt_name(lease) + ".zip"; }

AttemptReport run_attempt(AttemptEnvironment& environment, const AttemptTrainer& trainer, const ClaimedJob& claimed,
                          AttemptControl& control) {
  return Attempt(environment, trainer, claimed, control).run();
}

}  // namespace modelport
