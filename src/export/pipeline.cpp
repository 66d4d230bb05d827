#include "export/pipeline.h"

#include <chrono>
#include <filesystem>
#include <future>

#include "base/log.h"
#include "export/capabilities.h"
#include "export/format_table.h"
#include "export/metadata.h"
#include "export/proof.h"
#include "io/interrupt.h"
#include "io/publication.h"
#include "ops/verify_types.h"
#include "reference/photo_like_input.h"

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

Result<const Architecture*> find_architecture(const Trainer& trainer, const Checkpoint& checkpoint) {
  for (const Architecture& architecture : trainer.architectures) {
    if (architecture.matches(checkpoint)) return &architecture;
  }
  return trainer.explain_mismatch(checkpoint);
}

/// The literal translation, with everything in the checkpoint accounted for.
Result<SourceModel> build(const Trainer& trainer, const Architecture& architecture, const Checkpoint& checkpoint,
                          const BuildRequest& request) {
  const PickleObject* root = model_root(checkpoint);
  if (root == nullptr) return trainer.explain_mismatch(checkpoint);
  Ledger ledger(*root, trainer.ignore_rules);
  TRY(model, architecture.build(checkpoint, ledger, request));
  CHECK_OK(ledger.require_everything_accounted_for());
  return model;
}

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

/// What leaves the float16 range is known from one evaluation of the float32 graph.
Result<Graph> halve(const SourceModel& model, const Graph& graph) {
  const Shape shape = {model.sizes.batch, model.facts.channels, model.sizes.height, model.sizes.width};
  EvaluationRequest request{graph, {photo_like_input(shape, 0)}, symbols_for(model, shape[0], shape[2], shape[3])};
  request.measure = EvaluationRequest::Measure::kMagnitudes;
  TRY(measured, evaluate(request));
  HalfReport report;
  TRY(half, to_half(graph, measured.magnitudes, report));
  for (const std::string& kept : report.kept_float32) log_info("Kept in float32: {}", kept);
  return half;
}

void check_tolerance(const ExportOptions& options) {
  const double usual = default_tolerance(options.precision);
  if (options.tolerance && *options.tolerance > usual) {
    log_warning("tolerance {} is wider than the default {}; metadata.json records it", *options.tolerance, usual);
  }
}

}  // namespace

Status run_export(const Trainer& trainer, const ExportRequest& request, const FaultInjection& faults) {
  const ExportOptions& options = request.options;
  const FormatRow& row = *find_format(request.export_format);
  const Format& format = *row.format;
  StepClock clock;
  // Opening an engine's library takes as long as reading a small checkpoint.
  auto choice = std::async(std::launch::async, [&] { return choose_validation(row, options.validate); }).share();
  if (options.validate) CHECK_OK(choice.get());
  check_tolerance(options);
  const double tolerance = options.tolerance.value_or(default_tolerance(options.precision));

  TRY(checkpoint, open_checkpoint(request.checkpoint_path));
  auto checkpoint_digest = std::async(std::launch::async, [&] { return sha256_hex(checkpoint.file->bytes()); });
  clock.done("Read {} ({} bytes, {})", request.checkpoint_path, checkpoint.file->bytes().size(),
             container_info(checkpoint.container).name);

  TRY(architecture, find_architecture(trainer, checkpoint).in(file_name(request.checkpoint_path)));
  TRY(model, build(trainer, *architecture, checkpoint, options.build).in(file_name(request.checkpoint_path)));
  for (const std::string& note : model.notes) log_warning("{}", note);
  CHECK_OK(verify_graph(model.graph));
  clock.done("Built {} ({}, {} classes) at {}x{}: {} nodes", model.facts.model_name, task_name(model.facts.task),
             model.facts.class_names.size(), model.sizes.height, model.sizes.width, model.graph.nodes.size());

  TRY(simplified, simplify(model, options));
  Graph exported = std::move(simplified);
  if (options.precision == WeightPrecision::kFloat16) {
    TRY(half, halve(model, exported));
    exported = std::move(half);
  }
  if (faults.after_passes) faults.after_passes(exported);
  clock.done("Simplified to {} nodes", exported.nodes.size());

  TRY(lowered, format.lower(model, exported, options.format));
  if (faults.after_lowering) faults.after_lowering(const_cast<LoweredModel&>(*lowered));

  TRY(level, choice.get());
  TRY(publication, Publication::begin(request.output_dir));
  const InterruptScope interrupt_scope(*publication);
  TRY(file, publication->create(std::string(format.files.front())));
  FileSink sink(*file);
  const std::vector<ArtifactSink*> sinks = {&sink};
  CHECK_OK(format.write(*lowered, sinks));
  CHECK_OK(file->finish());
  if (faults.after_writing) faults.after_writing(file->path());
  clock.done("Wrote {} ({} bytes)", format.files.front(), file->size());

  log_info("Validation: {}{}", validation_name(level), options.validate ? "" : " (the strongest this machine has)");
  TRY(proof, prove({model, exported, *lowered, row, file->path(), options.precision, tolerance}, level));
  clock.done("Proof {}", proof_name(level));

  const FileRecord of_checkpoint{file_name(request.checkpoint_path),
                                 static_cast<int64_t>(checkpoint.file->bytes().size()), checkpoint_digest.get()};
  const std::vector<FileRecord> files = {{std::string(format.files.front()), file->size(), file->sha256()}};
  TRY(metadata, make_metadata({model, options, proof, request.export_format, tolerance, of_checkpoint, files}));
  CHECK_OK(checkpoint.file->check_intact());
  CHECK_OK(publication->commit(metadata));
  clock.done("Published {} and metadata.json in {}", format.files.front(), request.output_dir);
  return {};
}

}  // namespace modelport
