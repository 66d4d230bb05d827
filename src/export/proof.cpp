#include "export/proof.h"

#include <algorithm>

#include "base/log.h"
#include "export/hold.h"

namespace modelport {

namespace {

Status require_agreement(const Check& check) {
  for (const Comparison& figure : check.figures) {
    if (figure.verdict == Comparison::Verdict::kAgrees) continue;
    const std::string unit = unit_behind_number(figure);
    return fail(ErrorCode::kValidationFailed, "{}: {} {} differ by {:.3g}{} at {}, allowed is {:.3g}{}", check.what,
                figure.value, figure.group, figure.max_difference, unit, figure.worst_index, figure.limit, unit);
  }
  return {};
}

void log_check(const Check& check) {
  std::string figures;
  for (const Comparison& figure : check.figures) {
    const std::string unit = unit_behind_number(figure);
    figures += fmt::format("; {} {} differ by at most {:.2g}{} (allowed {:.2g}{})", figure.value, figure.group,
                           figure.max_difference, unit, figure.limit, unit);
  }
  log_info("Proven: {}{}", check.what, figures);
}

void log_against_checkpoint(const Proof& proof) {
  std::string text;
  for (const AgainstCheckpoint& entry : artifact_against_checkpoint(proof)) {
    const std::string unit = unit_behind_number(entry.figure);
    text += fmt::format("; {} {} differ by at most {:.2g}{} (allowed {:.2g}{}) in {}", entry.figure.value,
                        entry.figure.group, entry.figure.max_difference, unit, entry.figure.limit, unit, entry.in);
  }
  log_info("Proven: the artifact against the checkpoint{}", text);
}

/// Floats as they are; integers are pixels.
Tensor tensor_of(const EvaluatedValue& value) {
  if (is_float(value.dtype)) return Tensor::from_floats(value.shape, value.floats);
  std::vector<std::byte> bytes;
  for (const int64_t pixel : value.integers) bytes.push_back(static_cast<std::byte>(pixel));
  return Tensor::from_bytes(DType::kUInt8, value.shape, std::move(bytes));
}

EvaluatedValue evaluated_from(const EngineTensor& tensor) {
  EvaluatedValue value;
  value.name = tensor.name;
  value.dtype = tensor.tensor.dtype();
  value.shape = tensor.tensor.shape();
  if (is_float(value.dtype)) {
    value.floats = tensor.tensor.to_floats();
  } else {
    value.integers = tensor.tensor.to_int64s();
  }
  return value;
}

Result<std::vector<EvaluatedValue>> run_in(EngineSession& session, const SourceModel& model,
                                           const EvaluatedValue& input) {
  TRY(results, session.run({{model.inputs[0].name, tensor_of(input)}}));
  std::vector<EvaluatedValue> values;
  for (const EngineTensor& result : results) values.push_back(evaluated_from(result));
  return values;
}

/// Of the twin's outputs those that hold the probes, in their order: behind the model's own outputs come the probes
/// that were not named before.
Result<std::vector<EvaluatedValue>> select_probes(const ProofSubject& subject, std::span<const std::string> probes,
                                                  const std::vector<EvaluatedValue>& results, std::string_view engine) {
  std::vector<std::string> names;
  for (const IoSpec& output : subject.model.outputs) names.push_back(output.name);
  std::vector<size_t> positions;
  for (const std::string& probe : probes) {
    positions.push_back(static_cast<size_t>(std::ranges::find(names, probe) - names.begin()));
    if (positions.back() == names.size()) names.push_back(probe);
  }
  if (results.size() != names.size()) {
    return fail(ErrorCode::kValidationFailed, "{} sees {} outputs in the twin, {} were written", engine, results.size(),
                names.size());
  }
  std::vector<EvaluatedValue> values;
  for (const size_t position : positions) values.push_back(results[position]);
  return values;
}

std::string size_text(const Trial& trial) { return fmt::format("{}x{}x{}", trial.batch, trial.height, trial.width); }

/// Adds a check to the proof, says so in the log, and fails where a figure is over its limit.
Status conclude(Proof& proof, Check check) {
  CHECK_OK(require_agreement(check));
  log_check(check);
  proof.checks.push_back(std::move(check));
  return {};
}

/// The same for figures of which some are of what rows are chosen by: these are a check of their own.
Status conclude(Proof& proof, Check check, Figures figures) {
  Check before = check;
  check.figures = figures.outputs_and_probes();
  CHECK_OK(conclude(proof, std::move(check)));
  if (figures.before_choices.empty()) return {};
  before.what += ", before any choice of rows";
  before.figures = std::move(figures.before_choices);
  before.scope = Check::Scope::kBeforeChoices;
  return conclude(proof, std::move(before));
}

/// What fails on our own file is a file that is wrong, whatever the reader calls it.
template <class T>
Result<T> as_validation_failure(Result<T> result, const char* what) {
  if (result) return result;
  Error error = std::move(result).error();
  error.code = ErrorCode::kValidationFailed;
  return std::move(error).in(what);
}

/// In float64, where no rounding of values hides a difference, in two links: the rewritten graph with its weights as
/// the recipes say against the unfolded graph, then what was read back against the rewritten graph with its weights
/// rounded to the file's dtype. Holds for any precision and however badly a model is conditioned.
Status prove_in_float64(const ProofSubject& subject, const Graph& raised, Proof& proof, const Reference& reference) {
  using Constants = EvaluationRequest::Constants;
  const SourceModel& model = subject.model;
  const double relative = std::min(subject.tolerance, default_tolerance(WeightPrecision::kFloat32));
  const Tolerance tight = limits_for(WeightPrecision::kFloat32, relative);
  const std::string at = size_text(reference.trial);
  const auto in_float64 = [&](const Graph& graph, Constants constants) {
    return [&, constants](EvaluationRequest::Replay replay) {
      return evaluate_as(model, graph, reference, EvaluationPrecision::kFloat64, constants, replay);
    };
  };
  TRY(unfolded, subject.reference.at(reference.trial, EvaluationPrecision::kFloat64));
  TRY(rewritten, in_float64(subject.exported, Constants::kExact)({}));
  TRY(of_rewrite,
      hold_to_either(model, *unfolded, found_in(rewritten), tight, in_float64(model.graph, Constants::kExact)));
  CHECK_OK(conclude(proof,
                    {Validation::kReference,
                     "in float64, the rewritten graph computes what the checkpoint computes at " + at,
                     "",
                     reference.input.shape,
                     {}},
                    std::move(of_rewrite)));
  const auto as_written = in_float64(subject.exported, Constants::kRounded);
  TRY(intended, as_written({}));
  TRY(written, in_float64(raised, Constants::kRounded)({}));
  TRY(of_file, hold_to_either(model, intended, found_in(written), tight, as_written));
  return conclude(proof,
                  {Validation::kReference,
                   "in float64, the file read back computes what the rewritten graph computes at " + at,
                   "",
                   reference.input.shape,
                   {}},
                  std::move(of_file));
}

/// hold(), and whether the reference's own error decided.
Result<Figures> hold_and_note(Proof& proof, const SourceModel& model, Reference& reference, const Tolerance& tolerance,
                              const Found& found) {
  TRY(figures, hold(model, reference, tolerance, found));
  if (reference.own_error || !reference.stage_errors.empty()) proof.float64_gate = true;
  return figures;
}

/// What was read back, every value rounded to the file's dtypes, against the unfolded graph. Of float16, and where
/// float32 itself is too coarse for the limit, also the links in float64.
Status prove_read_back(const ProofSubject& subject, const Graph& raised, Proof& proof, Reference& reference) {
  const SourceModel& model = subject.model;
  TRY(result,
      as_validation_failure(evaluate(request_for(model, raised, reference)), "the file read back cannot be evaluated"));
  const Tolerance limits = limits_for(subject.precision, subject.tolerance);
  const Found found = found_in(result);
  const bool rounded = subject.precision == WeightPrecision::kFloat16;
  if (rounded) CHECK_OK(prove_in_float64(subject, raised, proof, reference));
  Result<Figures> figures =
      hold_to_either(model, reference.results, found, limits, [&](EvaluationRequest::Replay replay) {
        return evaluate_as(model, model.graph, reference, EvaluationPrecision::kFloat32, {}, replay);
      });
  if (!rounded && (!figures || !figures->agree())) {
    CHECK_OK(prove_in_float64(subject, raised, proof, reference));
    figures = hold_and_note(proof, model, reference, limits, found);
  }
  if (!figures) return figures.error();
  return conclude(
      proof,
      {Validation::kReference,
       fmt::format("the file read back computes what the checkpoint computes at {}", size_text(reference.trial)),
       "",
       reference.input.shape,
       {},
       Check::Holds::kArtifactAgainstCheckpoint},
      *std::move(figures));
}

/// What an engine gave for one trial.
struct EngineRun {
  std::string label;
  std::vector<EvaluatedValue> outputs, probes;
};

/// The engine runs the file (its outputs) and the file's twin (its probes).
Result<EngineRun> run_file_and_twin(const ProofSubject& subject, Engine& engine, const Reference& reference) {
  EngineRun run{fmt::format("{} {}", engine.name(), engine.presence().version), {}, {}};
  TRY(session, engine.load_file(subject.path, Engine::Optimization::kAll));
  TRY(outputs, run_in(*session, subject.model, reference.input));
  run.outputs = std::move(outputs);
  session.reset();
  const std::vector<std::string> names = subject.row.format->probe_names(subject.lowered);
  if (names.empty()) return run;
  TRY(bytes, subject.row.format->twin(subject.lowered, subject.path));
  TRY(twin_session, engine.load(subject.path, bytes, Engine::Optimization::kAll));
  TRY(all_values, run_in(*twin_session, subject.model, reference.input));
  TRY(selected, select_probes(subject, names, all_values, run.label));
  run.probes = std::move(selected);
  return run;
}

/// float16 weights under float32 arithmetic: the engine is also held, as closely as float32 is, to what was read back.
Status prove_weights_only_arithmetic(const ProofSubject& subject, const Graph& raised, Proof& proof,
                                     const Reference& reference, const EngineRun& run) {
  TRY(rounded, evaluate(request_for(subject.model, raised, reference)));
  Reference file{reference.trial, reference.input, std::move(rounded), &raised, EvaluationRequest::Constants::kRounded};
  Tolerance limits = limits_for(WeightPrecision::kFloat32, default_tolerance(WeightPrecision::kFloat32));
  limits.relative = limits.widest_relative = subject.tolerance;
  TRY(figures, hold_and_note(proof, subject.model, file, limits, {run.outputs, run.probes}));
  return conclude(
      proof,
      {Validation::kRuntime,
       fmt::format("{} computes what the file read back computes at {}", run.label, size_text(reference.trial)),
       run.label,
       reference.input.shape,
       {}},
      std::move(figures));
}

Status prove_in_engine(const ProofSubject& subject, const Graph& raised, Engine& engine, Proof& proof,
                       Reference& reference) {
  TRY(run, run_file_and_twin(subject, engine, reference));
  if (subject.precision != subject.arithmetic)
    CHECK_OK(prove_weights_only_arithmetic(subject, raised, proof, reference, run));
  TRY(figures, hold_and_note(proof, subject.model, reference, limits_for(subject.precision, subject.tolerance),
                             {run.outputs, run.probes}));
  const std::string at = size_text(reference.trial);
  CHECK_OK(
      conclude(proof, {Validation::kRuntime, fmt::format("{} runs the file at {}", run.label, at), run.label,
                       reference.input.shape, std::move(figures.outputs), Check::Holds::kArtifactAgainstCheckpoint}));
  if (run.probes.empty()) return {};
  figures.outputs.clear();
  return conclude(proof,
                  {Validation::kRuntime,
                   fmt::format("{} runs the file's twin at {}", run.label, at),
                   run.label,
                   reference.input.shape,
                   {},
                   Check::Holds::kArtifactAgainstCheckpoint},
                  std::move(figures));
}

}  // namespace

Result<Proof> prove(const ProofSubject& subject, Validation level) {
  Proof proof;
  proof.level = level;
  if (level == Validation::kOff) return proof;
  const Format& format = *subject.row.format;
  TRY(read, as_validation_failure(format.read_back(subject.path), "the written file cannot be read back"));
  CHECK_OK(format.require_identical(subject.lowered, *read));
  CHECK_OK(conclude(
      proof,
      {Validation::kStructure, "the file read back is what was lowered, node for node and byte for byte", "", {}, {}}));
  if (level == Validation::kStructure) return proof;

  TRY(raised, as_validation_failure(format.raise(*read, format.probe_names(subject.lowered)),
                                    "the file read back is no valid model"));
  for (const Trial& trial : trials(subject.model)) {
    SourceModel sized = subject.model;
    set_image_size(sized, trial.height, trial.width);
    const ProofSubject tried = subject.with(sized);
    TRY(expected, tried.reference.at(trial, EvaluationPrecision::kFloat32));
    Reference reference{trial, trial_input(tried.model, trial), *expected, &tried.model.graph};
    CHECK_OK(prove_read_back(tried, raised, proof, reference));
    if (level == Validation::kRuntime) CHECK_OK(prove_in_engine(tried, raised, *tried.row.engine(), proof, reference));
  }
  log_against_checkpoint(proof);
  return proof;
}

Result<Validation> choose_validation(const FormatRow& row, std::optional<Validation> requested,
                                     WeightPrecision precision) {
  if (requested && *requested != Validation::kRuntime) return *requested;
  const EnginePresence* presence = row.engine != nullptr ? &row.engine()->presence() : nullptr;
  if (presence != nullptr && presence->found) {
    if (precision == WeightPrecision::kFloat32 || presence->computes_float16) return Validation::kRuntime;
    const std::string sentence =
        fmt::format("{} {} has no float16 convolution on this machine", row.format->native_engine, presence->version);
    if (requested) return fail(ErrorCode::kUnavailable, "validate \"runtime\" cannot be reached: {}", sentence);
    log_warning("{}: the written file is read back, and not run", sentence);
    return Validation::kReference;
  }
  if (!requested) return Validation::kReference;
  Error error = fail(ErrorCode::kUnavailable, "validate \"runtime\" needs {}, which is not on this machine",
                     row.format->native_engine);
  if (presence != nullptr) error.hint = presence->hint;
  return error;
}

}  // namespace modelport
