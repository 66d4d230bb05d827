#include "export/pipeline.h"

#include <fmt/ranges.h>
#include <chrono>
#include <filesystem>

#include <future>
#include <list>

#include "base/log.h"
#include "export/capabilities.h"
#include "export/format_table.h"
#include "export/metadata.h"
#include "export/prepare.h"
#include "export/proof.h"
#include "export/reference_outputs.h"
#include "export/translate_checkpoint.h"
#include "io/interrupt.h"
#include "io/publication.h"

namespace modelport {

namespace {

/// One line of the log per step, with its time.
class StepClock {
 public:
  template <class... Args>
  void done(fmt::format_string<Args...> format, Args&&... args) {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    log_info("{} in {:.3f} s", fmt::format(format, std::forward<Args>(args)...), seconds);
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

class FileSink final : public ArtifactSink {
 public:
  explicit FileSink(OutputFile& file) : file_(file) {}
  Status append(std::span<const std::byte> bytes) override { return file_.append(bytes); }

 private:
  OutputFile& file_;
};

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

CheckpointRecord record_checkpoint(const Checkpoint& checkpoint) {
  CheckpointRecord record;
  std::string digests;
  for (const CheckpointFile& each : checkpoint.files) {
    const auto bytes = each.file->bytes();
    const FileRecord& file =
        record.files.emplace_back(FileRecord{each.name, static_cast<int64_t>(bytes.size()), sha256_hex(bytes)});
    digests += fmt::format("{}  {}\n", file.sha256, file.name);
  }
  if (checkpoint.container != Container::kHubDirectory)
    return {{file_name(checkpoint.path), record.files[0].size, record.files[0].sha256}, {}};
  record.whole = {file_name(checkpoint.path), checkpoint.byte_count(), sha256_hex(std::as_bytes(std::span(digests)))};
  return record;
}

/// The passes that put around a network what a format's artifacts hold beside it.
using Adaptations = std::vector<std::string_view>;

/// A model that targets ask for, and what it computes.
struct Build {
  Build(BuildRequest asked, SourceModel built, Adaptations by_format = {})
      : request(std::move(asked)), model(std::move(built)), adaptations(std::move(by_format)) {}
  BuildRequest request;
  SourceModel model;
  Adaptations adaptations;
  ReferenceOutputs reference{model};
};

/// What the targets of one export share.
struct Shared {
  const Trainer& trainer;
  const ExportRequest& request;
  const Checkpoint& checkpoint;
  std::shared_future<CheckpointRecord> checkpoint_record;
  const FaultInjection& faults;
};

/// The names that exports of this release have, in any format.
std::vector<std::string_view> artifact_names(const Trainer& trainer) {
  std::vector<std::string_view> names;
  for (const FormatRow& row : format_table()) {
    if (row.format == nullptr) continue;
    const std::vector<std::string_view> of_format = file_names(trainer, *row.format);
    names.insert(names.end(), of_format.begin(), of_format.end());
  }
  return names;
}

/// The end of an export that was written and not published: what was found wrong is kept where that was asked for.
Error end_unpublished(Publication& publication, const Trainer& trainer, const ExportOptions& options, Error error) {
  if (options.rejected_files == RejectedFiles::kRemoved || error_info(error.code).exit_code != 2) return error;
  const Result<std::string> kept = publication.reject(artifact_names(trainer));
  if (kept) {
    log_warning("keep_failed: what was written lies in {}, for whoever investigates", *kept);
  } else {
    log_warning("keep_failed: what was written is not kept: {}", kept.error().text());
  }
  return error;
}

/// One target on its way from its model to its published files.
struct TargetRun {
  const Shared& shared;
  const ExportTarget& target;
  Build& build;
  StepClock clock{};

  const Format& format() const { return *target.format->format; }
  double tolerance() const { return target.options.tolerance.value_or(default_tolerance(target.options.precision)); }
};

void check_tolerance(const ExportOptions& options) {
  const double usual = default_tolerance(options.precision);
  if (options.tolerance && *options.tolerance > usual) {
    log_warning("tolerance {} is wider than the default {}; metadata.json records it", *options.tolerance, usual);
  }
}

Result<Prepared> prepare_model(TargetRun& run) {
  TRY(prepared, prepare(run.build.model, run.target.options, run.format()));
  if (run.shared.faults.after_passes) run.shared.faults.after_passes(prepared.model.graph);
  run.clock.done("Simplified to {} nodes", prepared.model.graph.nodes.size());
  return prepared;
}

Result<std::shared_ptr<const LoweredModel>> lower_model(TargetRun& run, const Prepared& prepared) {
  TRY(lowered, run.format().lower(run.build.model, prepared.model.graph, run.target.options.format));
  if (run.shared.faults.after_lowering) run.shared.faults.after_lowering(const_cast<LoweredModel&>(*lowered));
  return lowered;
}

Result<Validation> choose_level(TargetRun& run, const std::shared_future<Result<Validation>>& choice) {
  TRY(level, choice.get());
  run.clock.done("Chose validation {}{}", validation_name(level),
                 run.target.options.validate ? "" : " (the strongest this machine has)");
  return level;
}

/// What a target wrote, under its temporary names, in the order of file_names().
struct WrittenFiles {
  std::vector<std::shared_ptr<OutputFile>> files;
  std::vector<FileRecord> records;
  std::vector<std::string> side_contents;  ///< Of the last files.

  const std::string& path() const { return files.front()->path(); }
};

Result<WrittenFiles> write_files(TargetRun& run, const LoweredModel& lowered, Publication& publication) {
  const Format& format = run.format();
  const Trainer& trainer = run.shared.trainer;
  WrittenFiles written;
  const std::vector<std::string_view> names = file_names(trainer, format);
  for (const std::string_view name : names) {
    TRY(file, publication.create(std::string(name)));
    written.files.push_back(std::move(file));
  }
  std::vector<FileSink> sinks;
  for (size_t i = 0; i < format.files.size(); ++i) sinks.emplace_back(*written.files[i]);
  std::vector<ArtifactSink*> sink_pointers;
  for (FileSink& sink : sinks) sink_pointers.push_back(&sink);
  CHECK_OK(format.write(lowered, sink_pointers));
  for (const SideFile& side : trainer.side_files) {
    if (side.entries != format.entries) continue;
    OutputFile& file = *written.files[format.files.size() + written.side_contents.size()];
    written.side_contents.push_back(side.content(run.build.model));
    CHECK_OK(file.append(std::as_bytes(std::span(written.side_contents.back()))));
  }
  for (size_t i = 0; i < names.size(); ++i) {
    CHECK_OK(written.files[i]->finish());
    written.records.push_back({std::string(names[i]), written.files[i]->size(), written.files[i]->sha256()});
  }
  if (run.shared.faults.after_writing) run.shared.faults.after_writing(written.path());
  for (const FileRecord& record : written.records) run.clock.done("Wrote {} ({} bytes)", record.name, record.size);
  return written;
}

/// The family's files, read again.
Status require_side_files(const WrittenFiles& written) {
  const size_t first = written.files.size() - written.side_contents.size();
  for (size_t i = 0; i < written.side_contents.size(); ++i) {
    TRY(file, MappedFile::open(written.files[first + i]->path()));
    const std::span<const std::byte> bytes = file->bytes();
    if (std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == written.side_contents[i])
      continue;
    return fail(ErrorCode::kValidationFailed, "{} read back is not what was written", written.records[first + i].name);
  }
  return {};
}

/// metadata.json.
Result<Json> prove_and_describe(TargetRun& run, Prepared& prepared, const LoweredModel& lowered,
                                const WrittenFiles& written, Validation level) {
  const auto& [shared, target, build, clock] = run;
  TRY(proof, prove({build.model, build.reference, prepared.model.graph, lowered, *target.format, written.path(),
                    target.options.precision, run.tolerance()},
                   level));
  if (level != Validation::kOff) CHECK_OK(require_side_files(written));
  proof.precision = std::move(prepared.precision);
  run.clock.done("Proof {}", proof_name(level));
  return make_metadata({shared.trainer, *target.format, build.model, target.options, proof, run.tolerance(),
                        shared.checkpoint_record.get(), written.records});
}

Status publish(TargetRun& run, const Json& metadata, Publication& publication) {
  CHECK_OK(run.shared.checkpoint.check_intact());
  CHECK_OK(publication.commit(metadata));
  publication.remove_rejected(artifact_names(run.shared.trainer));
  run.clock.done("Published {} and metadata.json in {}", fmt::join(file_names(run.shared.trainer, run.format()), ", "),
                 run.target.output_dir);
  return {};
}

Status export_target(TargetRun run, const std::shared_future<Result<Validation>>& choice) {
  const LogSubject subject(std::string(run.shared.request.targets.size() > 1 ? run.target.format->name : ""));
  check_tolerance(run.target.options);
  TRY(prepared, prepare_model(run));
  TRY(lowered, lower_model(run, prepared));
  TRY(level, choose_level(run, choice));
  TRY(publication, Publication::begin(run.target.output_dir));
  const InterruptScope interrupt_scope(*publication);
  TRY(written, write_files(run, *lowered, *publication));
  const Result<Json> metadata = prove_and_describe(run, prepared, *lowered, written, level);
  if (!metadata) return end_unpublished(*publication, run.shared.trainer, run.target.options, metadata.error());
  return publish(run, *metadata, *publication);
}

/// The model of each distinct request, in the order of the targets; or the error of the first one that cannot be built.
class Builds {
 public:
  Builds(const Trainer& trainer, const Checkpoint& checkpoint) : trainer_(trainer), checkpoint_(checkpoint) {}

  /// With what the format puts around it; where formats put the same around it, they share it.
  Result<Build*> get(const BuildRequest& request, const Format& format) {
    TRY(plain, get(request));
    SourceModel model = plain->model;
    TRY(adaptations, adapt_to_format(model, format));
    if (Build* built = find(request, adaptations)) return built;
    return &builds_.emplace_back(request, std::move(model), std::move(adaptations));
  }

 private:
  Build* find(const BuildRequest& request, const Adaptations& adaptations) {
    for (Build& built : builds_) {
      if (built.request == request && built.adaptations == adaptations) return &built;
    }
    return nullptr;
  }

  Result<Build*> get(const BuildRequest& request) {
    if (Build* built = find(request, {})) return built;
    StepClock clock;
    TRY(model, translate_checkpoint(trainer_, checkpoint_, request));
    for (const std::string& note : model.notes) log_warning("{}", note);
    clock.done("Built {} ({}, {} classes) at {}x{}: {} nodes", model.facts.model_name, task_name(model.facts.task),
               model.facts.class_names.size(), model.sizes.height, model.sizes.width, model.graph.nodes.size());
    return &builds_.emplace_back(request, std::move(model));
  }

  const Trainer& trainer_;
  const Checkpoint& checkpoint_;
  std::list<Build> builds_;
};

Outcomes all_failed(const ExportRequest& request, const Error& error) {
  return Outcomes(request.targets.size(), Status(error));
}

}  // namespace

Outcomes run_export(const Trainer& trainer, const ExportRequest& request, const FaultInjection& faults,
                    const std::function<void(const Outcomes&)>& when_done) {
  const auto done = [&](Outcomes outcomes) {
    if (when_done) when_done(outcomes);
    return outcomes;
  };
  // Opening an engine's library takes as long as reading a small checkpoint.
  std::vector<std::shared_future<Result<Validation>>> choices;
  for (const ExportTarget& target : request.targets) {
    choices.push_back(std::async(std::launch::async, [&target] {
                        return choose_validation(*target.format, target.options.validate, target.options.precision);
                      }).share());
    // A level asked for by name is refused before anything is read.
    if (request.targets.size() == 1 && target.options.validate && !choices.back().get())
      return done(all_failed(request, choices.back().get().error()));
  }
  StepClock clock;
  auto opened = open_checkpoint(request.checkpoint_path, trainer.families);
  if (!opened) return done(all_failed(request, opened.error()));
  const Checkpoint checkpoint = *std::move(opened);
  const std::shared_future<CheckpointRecord> record =
      std::async(std::launch::async, [&] { return record_checkpoint(checkpoint); }).share();
  clock.done("Read {} ({} bytes, {})", request.checkpoint_path, checkpoint.byte_count(),
             container_info(checkpoint.container).name);

  Builds builds(trainer, checkpoint);
  const Shared shared{trainer, request, checkpoint, record, faults};
  std::vector<std::future<Status>> running;
  for (size_t i = 0; i < request.targets.size(); ++i) {
    const ExportTarget& target = request.targets[i];
    const Result<Build*> built = builds.get(target.options.build, *target.format->format);
    const auto policy = request.targets.size() > 1 ? std::launch::async : std::launch::deferred;
    running.push_back(std::async(policy, [&shared, &target, built, choice = choices[i]]() -> Status {
      if (!built) return built.error();
      return export_target({shared, target, **built}, choice);
    }));
  }
  Outcomes outcomes;
  for (std::future<Status>& each : running) outcomes.push_back(each.get());
  return done(std::move(outcomes));
}

}  // namespace modelport
