#include "export/proof.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/log.h"

namespace modelport {

namespace {

/// How far the reference's float32 evaluations are from float64, per group, times kOwnErrorFactor.
struct OwnError {
  EvaluationResult float64;
  std::vector<double> output_limits, probe_limits;
};

/// What is computed on one trial by what something is held to.
struct Reference {
  Trial trial;
  EvaluatedValue input;
  EvaluationResult results;
  const Graph* graph;                        ///< The unfolded one, or what was read back.
  EvaluationRequest::Constants constants{};  ///< How float64 evaluation of `graph` takes its weights.
  std::optional<OwnError> own_error{};       ///< Once it had to be measured.
};

EvaluationRequest request_for(const ProofSubject& subject, const Graph& graph, const Reference& reference) {
  const Trial& trial = reference.trial;
  return {graph, {reference.input}, symbols_for(subject.model, trial.batch, trial.height, trial.width)};
}

std::vector<double> scaled(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

/// Whether the model chooses rows by its own numbers, so that two honest evaluations may choose otherwise.
bool chooses(const SourceModel& model) {
  return std::ranges::any_of(model.outputs, [](const IoSpec& spec) { return spec.rows == Rows::kRanked; });
}

/// What was found and is held to a reference.
struct Found {
  std::span<const EvaluatedValue> outputs, probes;

  /// What an evaluation has to take at its probes to choose as it was chosen here.
  std::span<const EvaluatedValue> choices(const SourceModel& model) const {
    return chooses(model) ? probes : std::span<const EvaluatedValue>();
  }
};

Found found_in(const EvaluationResult& result) { return {result.outputs, result.probes}; }

/// The figures of outputs and of probes.
struct Figures {
  std::vector<Comparison> outputs, probes;

  bool agree() const { return all_agree(outputs) && all_agree(probes); }
  std::vector<Comparison> joined() && {
    outputs.insert(outputs.end(), probes.begin(), probes.end());
    return std::move(outputs);
  }
};

Result<Figures> compare_all(const SourceModel& model, const EvaluationResult& expected, const Found& found,
                            const Tolerance& tolerance, std::span<const double> output_limits = {},
                            std::span<const double> probe_limits = {}) {
  TRY(outputs, compare(expected.outputs, found.outputs, model.outputs, tolerance, output_limits));
  if (found.probes.empty()) return Figures{std::move(outputs), {}};
  TRY(probes, compare(expected.probes, found.probes, model.probes, tolerance, probe_limits));
  return Figures{std::move(outputs), std::move(probes)};
}

/// What `graph` computes, in float64 where asked, with the choices of `found`.
Result<EvaluationResult> evaluate_as(const ProofSubject& subject, const Graph& graph, const Reference& reference,
                                     Precision precision, EvaluationRequest::Constants constants,
                                     std::span<const EvaluatedValue> choices) {
  EvaluationRequest request = request_for(subject, graph, reference);
  request.precision = precision;
  request.constants = constants;
  request.replay = choices;
  return evaluate(request);
}

/// Puts the ranked rows of `from` in the place of those of `to`.
void take_ranked(const SourceModel& model, const EvaluationResult& from, EvaluationResult& to) {
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    if (model.outputs[i].rows == Rows::kRanked) to.outputs[i] = from.outputs[i];
  }
}

/// Whether the reference's own error may widen the limits.
bool leaves_room(const Tolerance& tolerance) {
  return tolerance.widest_relative > tolerance.relative || tolerance.widest_pixels > tolerance.pixels;
}

std::vector<double> larger_each(std::vector<double> a, const std::vector<double>& b) {
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) a[i] = std::max(a[i], b[i]);
  return a;
}

/// One float32 evaluation may be lucky, so there are two, with fused products and with rounded ones, and the larger
/// difference counts. Ranked rows have no such error: they follow from the probes, and with these from the same float32
/// arithmetic, whose rounding decides with them.
Status measure_own_error(const ProofSubject& subject, Proof& proof, Reference& reference) {
  const auto choices = found_in(reference.results).choices(subject.model);
  TRY(float64, evaluate_as(subject, *reference.graph, reference, Precision::kFloat64, reference.constants, choices));
  EvaluationRequest request = request_for(subject, *reference.graph, reference);
  request.constants = reference.constants;
  request.products = EvaluationRequest::Products::kRounded;
  request.replay = choices;
  TRY(rounded, evaluate(request));
  take_ranked(subject.model, reference.results, float64);
  take_ranked(subject.model, reference.results, rounded);
  OwnError own{std::move(float64), {}, {}};
  const EvaluationResult* const evaluations[] = {&reference.results, &rounded};
  for (const EvaluationResult* float32 : evaluations) {
    TRY(of_outputs, own_error(float32->outputs, own.float64.outputs, subject.model.outputs));
    TRY(of_probes, own_error(float32->probes, own.float64.probes, subject.model.probes));
    own.output_limits = larger_each(scaled(std::move(of_outputs), kOwnErrorFactor), own.output_limits);
    own.probe_limits = larger_each(scaled(std::move(of_probes), kOwnErrorFactor), own.probe_limits);
  }
  reference.own_error = std::move(own);
  proof.float64_gate = true;
  return {};
}

/// Compares with the reference; where that fails, with the reference that chooses as was found to be chosen; then,
/// where the limits leave room for the reference's own error, with the float64 one.
Result<Figures> hold(const ProofSubject& subject, Proof& proof, Reference& reference, const Tolerance& tolerance,
                     const Found& found) {
  const auto choices = found.choices(subject.model);
  const auto with_choices = [&](Precision precision) {
    return evaluate_as(subject, *reference.graph, reference, precision, reference.constants, choices);
  };
  Result<Figures> figures = compare_all(subject.model, reference.results, found, tolerance);
  if (figures && figures->agree()) return figures;
  std::optional<EvaluationResult> replayed;
  if (!choices.empty()) {
    TRY(chosen_again, with_choices(Precision::kFloat32));
    replayed = std::move(chosen_again);
    figures = compare_all(subject.model, *replayed, found, tolerance);
    if (figures && figures->agree()) return figures;
  }
  if (!figures || !leaves_room(tolerance)) return figures;
  if (!reference.own_error) CHECK_OK(measure_own_error(subject, proof, reference));
  const OwnError& own = *reference.own_error;
  const auto held_to = [&](const EvaluationResult& expected) {
    return compare_all(subject.model, expected, found, tolerance, own.output_limits, own.probe_limits);
  };
  if (!replayed) return held_to(own.float64);
  TRY(chosen_again, with_choices(Precision::kFloat64));
  take_ranked(subject.model, *replayed, chosen_again);
  return held_to(chosen_again);
}

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

/// What fails on our own file is a file that is wrong, whatever the reader calls it.
template <class T>
Result<T> as_validation_failure(Result<T> result, const char* what) {
  if (result) return result;
  Error error = std::move(result).error();
  error.code = ErrorCode::kValidationFailed;
  return std::move(error).in(what);
}

/// Compares with what is expected; where that fails, with what `replay` gives for the choices that were found.
template <class Replay>
Result<Figures> hold_to_either(const ProofSubject& subject, const EvaluationResult& expected, const Found& found,
                               const Tolerance& tolerance, Replay replay) {
  Result<Figures> figures = compare_all(subject.model, expected, found, tolerance);
  const auto choices = found.choices(subject.model);
  if ((figures && figures->agree()) || choices.empty()) return figures;
  TRY(replayed, replay(choices));
  return compare_all(subject.model, replayed, found, tolerance);
}

/// In float64, where no rounding of values hides a difference, in two links: the rewritten graph with its weights as
/// the recipes say against the unfolded graph, then what was read back against the rewritten graph with its weights
/// rounded to the file's dtype. Holds for any precision and however badly a model is conditioned.
Status prove_in_float64(const ProofSubject& subject, const Graph& raised, Proof& proof, const Reference& reference) {
  using Constants = EvaluationRequest::Constants;
  const double relative = std::min(subject.tolerance, default_tolerance(WeightPrecision::kFloat32));
  const Tolerance tight = limits_for(WeightPrecision::kFloat32, relative);
  const std::string at = size_text(reference.trial);
  const auto in_float64 = [&](const Graph& graph, Constants constants, std::span<const EvaluatedValue> choices) {
    return evaluate_as(subject, graph, reference, Precision::kFloat64, constants, choices);
  };
  TRY(unfolded, subject.reference.at(reference.trial, Precision::kFloat64));
  TRY(rewritten, in_float64(subject.exported, Constants::kExact, {}));
  TRY(of_rewrite, hold_to_either(subject, *unfolded, found_in(rewritten), tight, [&](auto choices) {
        return in_float64(subject.model.graph, Constants::kExact, choices);
      }));
  CHECK_OK(conclude(
      proof, {Validation::kReference, "in float64, the rewritten graph computes what the checkpoint computes at " + at,
              "", reference.input.shape, std::move(of_rewrite).joined()}));
  TRY(intended, in_float64(subject.exported, Constants::kRounded, {}));
  TRY(written, in_float64(raised, Constants::kRounded, {}));
  TRY(of_file, hold_to_either(subject, intended, found_in(written), tight, [&](auto choices) {
        return in_float64(subject.exported, Constants::kRounded, choices);
      }));
  return conclude(proof, {Validation::kReference,
                          "in float64, the file read back computes what the rewritten graph computes at " + at, "",
                          reference.input.shape, std::move(of_file).joined()});
}

/// What was read back, every value rounded to the file's dtypes, against the unfolded graph. Of float16, and where
/// float32 itself is too coarse for the limit, also the links in float64.
Status prove_read_back(const ProofSubject& subject, const Graph& raised, Proof& proof, Reference& reference) {
  TRY(result, as_validation_failure(evaluate(request_for(subject, raised, reference)),
                                    "the file read back cannot be evaluated"));
  const Tolerance limits = limits_for(subject.precision, subject.tolerance);
  const Found found = found_in(result);
  const bool rounded = subject.precision == WeightPrecision::kFloat16;
  if (rounded) CHECK_OK(prove_in_float64(subject, raised, proof, reference));
  Result<Figures> figures = hold_to_either(subject, reference.results, found, limits, [&](auto choices) {
    return evaluate_as(subject, subject.model.graph, reference, Precision::kFloat32, {}, choices);
  });
  if (!rounded && (!figures || !figures->agree())) {
    CHECK_OK(prove_in_float64(subject, raised, proof, reference));
    figures = hold(subject, proof, reference, limits, found);
  }
  if (!figures) return figures.error();
  return conclude(
      proof, {Validation::kReference,
              fmt::format("the file read back computes what the checkpoint computes at {}", size_text(reference.trial)),
              "", reference.input.shape, std::move(*figures).joined(), Check::Holds::kArtifactAgainstCheckpoint});
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
  TRY(rounded, evaluate(request_for(subject, raised, reference)));
  Reference file{reference.trial, reference.input, std::move(rounded), &raised, EvaluationRequest::Constants::kRounded};
  Tolerance limits = limits_for(WeightPrecision::kFloat32, default_tolerance(WeightPrecision::kFloat32));
  limits.relative = limits.widest_relative = subject.tolerance;
  TRY(figures, hold(subject, proof, file, limits, {run.outputs, run.probes}));
  return conclude(
      proof, {Validation::kRuntime,
              fmt::format("{} computes what the file read back computes at {}", run.label, size_text(reference.trial)),
              run.label, reference.input.shape, std::move(figures).joined()});
}

Status prove_in_engine(const ProofSubject& subject, const Graph& raised, Engine& engine, Proof& proof,
                       Reference& reference) {
  TRY(run, run_file_and_twin(subject, engine, reference));
  if (subject.precision != subject.arithmetic)
    CHECK_OK(prove_weights_only_arithmetic(subject, raised, proof, reference, run));
  TRY(figures,
      hold(subject, proof, reference, limits_for(subject.precision, subject.tolerance), {run.outputs, run.probes}));
  const std::string at = size_text(reference.trial);
  CHECK_OK(
      conclude(proof, {Validation::kRuntime, fmt::format("{} runs the file at {}", run.label, at), run.label,
                       reference.input.shape, std::move(figures.outputs), Check::Holds::kArtifactAgainstCheckpoint}));
  if (run.probes.empty()) return {};
  return conclude(proof, {Validation::kRuntime, fmt::format("{} runs the file's twin at {}", run.label, at), run.label,
                          reference.input.shape, std::move(figures.probes), Check::Holds::kArtifactAgainstCheckpoint});
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
    TRY(expected, tried.reference.at(trial, Precision::kFloat32));
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
