#include "export/pipeline.h"

#include <fmt/ranges.h>
#include <chrono>
#include <filesystem>

#include <future>
#include <list>

#include "base/log.h"
#include "export/capabilities.h"
#include "export/format_table.h"
#include "export/half_precision.h"
#include "export/metadata.h"
#include "export/proof.h"
#include "export/reference_outputs.h"
#include "export/translate_checkpoint.h"
#include "io/interrupt.h"
#include "io/publication.h"
#include "passes/append_class_map.h"

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

/// Batch norm and friends are folded; the optional passes run unless `simplify` is off.
Result<Graph> simplify(const SourceModel& model, const ExportOptions& options) {
  if (options.simplify == Simplify::kRequiredOnly) {
    std::string skipped;
    for (const Pass& pass : pass_list()) {
      if (pass.need == Pass::Need::kOptional) skipped += (skipped.empty() ? "" : ", ") + std::string(pass.name);
    }
    log_info("simplify is false: left out {}", skipped);
  }
  return run_passes(model.graph, options.simplify);
}

void check_tolerance(const ExportOptions& options) {
  const double usual = default_tolerance(options.precision);
  if (options.tolerance && *options.tolerance > usual) {
    log_warning("tolerance {} is wider than the default {}; metadata.json records it", *options.tolerance, usual);
  }
}

/// A model that targets ask for, and what it computes.
struct Build {
  Build(BuildRequest asked, SourceModel built, ClassMapForm form = ClassMapForm::kLogits)
      : request(std::move(asked)), model(std::move(built)), class_map(form) {}
  BuildRequest request;
  SourceModel model;
  ClassMapForm class_map = ClassMapForm::kLogits;
  ReferenceOutputs reference{model};
};

/// What the targets of one export share.
struct Shared {
  const Trainer& trainer;
  const ExportRequest& request;
  const Checkpoint& checkpoint;
  std::shared_future<std::string> checkpoint_digest;
  const FaultInjection& faults;
};

/// The names that exports of this release have, in any format.
std::vector<std::string_view> artifact_names() {
  std::vector<std::string_view> names;
  for (const FormatRow& row : format_table()) {
    if (row.format != nullptr) names.insert(names.end(), row.format->files.begin(), row.format->files.end());
  }
  return names;
}

/// The end of an export that was written and not published: what was found wrong is kept where that was asked for.
Error end_unpublished(Publication& publication, const ExportOptions& options, Error error) {
  if (options.rejected_files == RejectedFiles::kRemoved || error_info(error.code).exit_code != 2) return error;
  const Result<std::string> kept = publication.reject(artifact_names());
  if (kept) {
    log_warning("keep_failed: what was written lies in {}, for whoever investigates", *kept);
  } else {
    log_warning("keep_failed: what was written is not kept: {}", kept.error().text());
  }
  return error;
}

/// One target, from its model to its published files.
Status export_target(const Shared& shared, const ExportTarget& target, Build& build,
                     std::shared_future<Result<Validation>> choice) {
  const LogSubject subject(std::string(shared.request.targets.size() > 1 ? target.format->name : ""));
  const ExportOptions& options = target.options;
  const Format& format = *target.format->format;
  const SourceModel& model = build.model;
  StepClock clock;
  check_tolerance(options);
  const double tolerance = options.tolerance.value_or(default_tolerance(options.precision));

  TRY(exported, simplify(model, options));
  const bool half = options.precision == WeightPrecision::kFloat16;
  std::optional<PrecisionReport> precision;
  if (half) {
    TRY(in_its_operators, format.legalize(exported, options.format));
    exported = std::move(in_its_operators);
    TRY(chosen, choose_half_precision(model, exported, format.half, options.tolerance));
    precision = std::move(chosen.report);
    exported = std::move(chosen.graph);
  }
  if (shared.faults.after_passes) shared.faults.after_passes(exported);
  clock.done("Simplified to {} nodes", exported.nodes.size());
  TRY(legal, format.legalize(exported, options.format));
  exported = std::move(legal);

  TRY(lowered, format.lower(model, exported, options.format));
  if (shared.faults.after_lowering) shared.faults.after_lowering(const_cast<LoweredModel&>(*lowered));

  TRY(level, choice.get());
  clock.done("Chose validation {}{}", validation_name(level),
             options.validate ? "" : " (the strongest this machine has)");
  TRY(publication, Publication::begin(target.output_dir));
  const InterruptScope interrupt_scope(*publication);
  std::vector<std::shared_ptr<OutputFile>> files;
  std::vector<FileSink> sinks;
  for (const std::string_view name : format.files) {
    TRY(file, publication->create(std::string(name)));
    files.push_back(file);
    sinks.emplace_back(*file);
  }
  std::vector<ArtifactSink*> sink_pointers;
  for (FileSink& sink : sinks) sink_pointers.push_back(&sink);
  CHECK_OK(format.write(*lowered, sink_pointers));
  std::vector<FileRecord> records;
  for (size_t i = 0; i < files.size(); ++i) {
    CHECK_OK(files[i]->finish());
    records.push_back({std::string(format.files[i]), files[i]->size(), files[i]->sha256()});
  }
  const std::string path = files.front()->path();
  if (shared.faults.after_writing) shared.faults.after_writing(path);
  for (const FileRecord& record : records) clock.done("Wrote {} ({} bytes)", record.name, record.size);

  const WeightPrecision arithmetic =
      half && format.half == HalfForm::kArithmetic ? WeightPrecision::kFloat16 : WeightPrecision::kFloat32;
  const auto prove_and_describe = [&]() -> Result<Json> {
    TRY(proof, prove({model, build.reference, exported, *lowered, *target.format, path, options.precision, arithmetic,
                      tolerance},
                     level));
    proof.precision = std::move(precision);
    clock.done("Proof {}", proof_name(level));
    const FileRecord of_checkpoint{file_name(shared.request.checkpoint_path),
                                   static_cast<int64_t>(shared.checkpoint.file->bytes().size()),
                                   shared.checkpoint_digest.get()};
    return make_metadata({shared.trainer, *target.format, model, options, proof, tolerance, of_checkpoint, records});
  };
  const Result<Json> metadata = prove_and_describe();
  if (!metadata) return end_unpublished(*publication, options, metadata.error());
  CHECK_OK(shared.checkpoint.file->check_intact());
  CHECK_OK(publication->commit(*metadata));
  publication->remove_rejected(artifact_names());
  clock.done("Published {} and metadata.json in {}", fmt::join(format.files, ", "), target.output_dir);
  return {};
}

/// The model of each distinct request, in the order of the targets; or the error of the first one that cannot be built.
class Builds {
 public:
  Builds(const Trainer& trainer, const Checkpoint& checkpoint) : trainer_(trainer), checkpoint_(checkpoint) {}

  /// As the format wants class maps to be; models without one are the same for every format.
  Result<Build*> get(const BuildRequest& request, const Format& format) {
    TRY(plain, get(request));
    if (format.class_map == ClassMapForm::kLogits || !has_pixel_logits(plain->model)) return plain;
    if (Build* built = find(request, format.class_map)) return built;
    SourceModel model = plain->model;
    CHECK_OK(append_class_map(model));
    return &builds_.emplace_back(request, std::move(model), format.class_map);
  }

 private:
  Build* find(const BuildRequest& request, ClassMapForm form) {
    for (Build& built : builds_) {
      if (built.request == request && built.class_map == form) return &built;
    }
    return nullptr;
  }

  Result<Build*> get(const BuildRequest& request) {
    if (Build* built = find(request, ClassMapForm::kLogits)) return built;
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
  auto opened = open_checkpoint(request.checkpoint_path);
  if (!opened) return done(all_failed(request, opened.error()));
  const Checkpoint checkpoint = *std::move(opened);
  const std::shared_future<std::string> digest =
      std::async(std::launch::async, [&] { return sha256_hex(checkpoint.file->bytes()); }).share();
  clock.done("Read {} ({} bytes, {})", request.checkpoint_path, checkpoint.file->bytes().size(),
             container_info(checkpoint.container).name);

  Builds builds(trainer, checkpoint);
  const Shared shared{trainer, request, checkpoint, digest, faults};
  std::vector<std::future<Status>> running;
  for (size_t i = 0; i < request.targets.size(); ++i) {
    const ExportTarget& target = request.targets[i];
    const Result<Build*> built = builds.get(target.options.build, *target.format->format);
    const auto policy = request.targets.size() > 1 ? std::launch::async : std::launch::deferred;
    running.push_back(std::async(policy, [&shared, &target, built, choice = choices[i]]() -> Status {
      if (!built) return built.error();
      return export_target(shared, target, **built, choice);
    }));
  }
  Outcomes outcomes;
  for (std::future<Status>& each : running) outcomes.push_back(each.get());
  return done(std::move(outcomes));
}

}  // namespace modelport
