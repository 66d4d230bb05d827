#include "export/proof.h"

#include <algorithm>
#include <cmath>

#include "base/log.h"

namespace modelport {

namespace {

/// The gates of docs/proof.md. Box coordinates in input pixels; the others relative, see Tolerance.
constexpr double kPixels = 0.02;
constexpr double kHalfPixels = 0.5;
/// How many times its own error another honest order of float32 accumulation may be from the truth; and how many times
/// its own rounding one float16 evaluation may be from another.
constexpr double kOwnErrorFactor = 4.0;
constexpr double kHalfErrorFactor = 4.0;

/// What an engine's run is held to on one trial: what `graph` computes there.
struct Reference {
  Trial trial;
  EvaluatedValue input;
  EvaluationResult results;                  ///< In float64 once its own float32 error had to be measured.
  const Graph* graph;                        ///< The unfolded one; what was read back where weights are rounded.
  EvaluationRequest::Constants constants{};  ///< How float64 evaluation of `graph` takes its weights.
  std::vector<double> output_limits;         ///< Per group, at least; empty until measured.
  std::vector<double> probe_limits;
};

Tolerance tolerance_of(const ProofSubject& subject, double pixels) { return {subject.relative_tolerance, pixels}; }

EvaluationRequest request_for(const ProofSubject& subject, const Graph& graph, const Reference& reference) {
  const Trial& trial = reference.trial;
  return {graph, {reference.input}, symbols_for(subject.model, trial.batch, trial.height, trial.width)};
}

std::vector<double> scaled(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

/// The reference's graph in float64, and per group how far its float32 evaluation is from that: from then on the
/// reference is the float64 one, and limits are at least four times that error.
Status measure_own_error(const ProofSubject& subject, Proof& proof, Reference& reference) {
  EvaluationRequest request = request_for(subject, *reference.graph, reference);
  request.precision = Precision::kFloat64;
  request.constants = reference.constants;
  TRY(float64, evaluate(request));
  TRY(of_outputs, own_error(reference.results.outputs, float64.outputs, subject.model.outputs));
  TRY(of_probes, own_error(reference.results.probes, float64.probes, subject.model.probes));
  reference.output_limits = scaled(std::move(of_outputs), kOwnErrorFactor);
  reference.probe_limits = scaled(std::move(of_probes), kOwnErrorFactor);
  reference.results = std::move(float64);
  proof.float64_gate = true;
  return {};
}

/// Compares outputs and probes with the reference; where the first gate fails, once more with the float64 one.
Result<std::vector<Comparison>> hold(const ProofSubject& subject, Proof& proof, Reference& reference,
                                     const Tolerance& tolerance, std::span<const EvaluatedValue> outputs,
                                     std::span<const EvaluatedValue> probes) {
  const auto both = [&]() -> Result<std::vector<Comparison>> {
    std::vector<Comparison> figures;
    if (!outputs.empty()) {
      TRY(of_outputs,
          compare(reference.results.outputs, outputs, subject.model.outputs, tolerance, reference.output_limits));
      figures = std::move(of_outputs);
    }
    if (!probes.empty()) {
      TRY(of_probes,
          compare(reference.results.probes, probes, subject.model.probes, tolerance, reference.probe_limits));
      figures.insert(figures.end(), of_probes.begin(), of_probes.end());
    }
    return figures;
  };
  TRY(figures, both());
  if (all_agree(figures) || !reference.output_limits.empty()) return figures;
  CHECK_OK(measure_own_error(subject, proof, reference));
  return both();
}

Status require_agreement(const Check& check) {
  for (const Comparison& figure : check.figures) {
    if (figure.verdict == Comparison::Verdict::kAgrees) continue;
    return fail(ErrorCode::kValidationFailed, "{}: {} {} differ by {:.3g} at {}, allowed is {:.3g}", check.what,
                figure.value, figure.group, figure.max_difference, figure.worst_index, figure.limit);
  }
  return {};
}

void log_check(const Check& check) {
  std::string figures;
  for (const Comparison& figure : check.figures) {
    figures += fmt::format("; {} {} differ by at most {:.2g} (allowed {:.2g})", figure.value, figure.group,
                           figure.max_difference, figure.limit);
  }
  log_info("Proven: {}{}", check.what, figures);
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

Result<EvaluationResult> evaluate_as(const ProofSubject& subject, const Graph& graph, const Reference& reference,
                                     Precision precision, EvaluationRequest::Constants constants) {
  EvaluationRequest request = request_for(subject, graph, reference);
  request.precision = precision;
  request.constants = constants;
  return evaluate(request);
}

/// What fails on our own file is a file that is wrong, whatever the reader calls it.
template <class T>
Result<T> as_validation_failure(Result<T> result, const char* what) {
  if (result) return result;
  Error error = std::move(result).error();
  error.code = ErrorCode::kValidationFailed;
  return std::move(error).in(what);
}

/// Both outputs and probes of two evaluations.
Result<std::vector<Comparison>> compare_all(const SourceModel& model, const EvaluationResult& expected,
                                            const EvaluationResult& actual, const Tolerance& tolerance) {
  TRY(figures, compare(expected.outputs, actual.outputs, model.outputs, tolerance));
  TRY(of_probes, compare(expected.probes, actual.probes, model.probes, tolerance));
  figures.insert(figures.end(), of_probes.begin(), of_probes.end());
  return figures;
}

/// In float64, where no rounding of values hides a difference, in two links: the rewritten graph with its weights as
/// the recipes say against the unfolded graph, then what was read back against the rewritten graph with its weights
/// rounded to the file's dtype. Holds for any precision and however badly a model is conditioned.
Status prove_in_float64(const ProofSubject& subject, const Graph& raised, Proof& proof, const Reference& reference) {
  using Constants = EvaluationRequest::Constants;
  const Tolerance tight{std::min(subject.relative_tolerance, default_tolerance(WeightPrecision::kFloat32)), kPixels};
  const std::string at = size_text(reference.trial);
  TRY(unfolded, subject.reference.at(reference.trial, Precision::kFloat64));
  TRY(rewritten, evaluate_as(subject, subject.exported, reference, Precision::kFloat64, Constants::kExact));
  TRY(of_rewrite, compare_all(subject.model, *unfolded, rewritten, tight));
  CHECK_OK(conclude(
      proof, {Validation::kReference, "in float64, the rewritten graph computes what the checkpoint computes at " + at,
              "", reference.input.shape, std::move(of_rewrite)}));
  TRY(intended, evaluate_as(subject, subject.exported, reference, Precision::kFloat64, Constants::kRounded));
  TRY(written, evaluate_as(subject, raised, reference, Precision::kFloat64, Constants::kRounded));
  TRY(of_file, compare_all(subject.model, intended, written, tight));
  return conclude(proof, {Validation::kReference,
                          "in float64, the file read back computes what the rewritten graph computes at " + at, "",
                          reference.input.shape, std::move(of_file)});
}

/// float32: what was read back against the unfolded graph; in float64 where float32 itself is too coarse for the limit.
Status prove_read_back(const ProofSubject& subject, const Graph& raised, Proof& proof, const Reference& reference) {
  TRY(result, as_validation_failure(evaluate(request_for(subject, raised, reference)),
                                    "the file read back cannot be evaluated"));
  TRY(figures, compare_all(subject.model, reference.results, result, tolerance_of(subject, kPixels)));
  if (!all_agree(figures)) return prove_in_float64(subject, raised, proof, reference);
  return conclude(
      proof, {Validation::kReference,
              fmt::format("the file read back computes what the checkpoint computes at {}", size_text(reference.trial)),
              "", reference.input.shape, std::move(figures)});
}

/// float16 arithmetic: an engine's run is held to what was read back, every value rounded. Limits are at least four
/// times what the same rounding costs the unfolded graph.
Status become_half_reference(const ProofSubject& subject, const Graph& raised, Reference& reference) {
  HalfReport ignored;
  TRY(unfolded_half, to_half(subject.model.graph, {}, ignored));
  TRY(rounded_unfolded, evaluate(request_for(subject, unfolded_half, reference)));
  TRY(of_outputs, own_error(rounded_unfolded.outputs, reference.results.outputs, subject.model.outputs));
  TRY(of_probes, own_error(rounded_unfolded.probes, reference.results.probes, subject.model.probes));
  reference.output_limits = scaled(std::move(of_outputs), kHalfErrorFactor);
  reference.probe_limits = scaled(std::move(of_probes), kHalfErrorFactor);
  TRY(rounded, evaluate(request_for(subject, raised, reference)));
  reference.results = std::move(rounded);
  return {};
}

/// float16 weights under float32 arithmetic: an engine's run is held to what was read back, with these weights.
Status become_half_weights_reference(const ProofSubject& subject, const Graph& raised, Reference& reference) {
  TRY(rounded, evaluate(request_for(subject, raised, reference)));
  reference.results = std::move(rounded);
  reference.graph = &raised;
  reference.constants = EvaluationRequest::Constants::kRounded;
  return {};
}

/// The engine runs the file (its outputs) and the file's twin (its probes).
Status prove_in_engine(const ProofSubject& subject, Engine& engine, Proof& proof, Reference& reference) {
  const std::string label = fmt::format("{} {}", engine.name(), engine.presence().version);
  const double pixels = subject.arithmetic == WeightPrecision::kFloat32 ? kPixels : kHalfPixels;
  TRY(session, engine.load_file(subject.path, Engine::Optimization::kAll));
  TRY(outputs, run_in(*session, subject.model, reference.input));
  session.reset();
  TRY(of_outputs, hold(subject, proof, reference, tolerance_of(subject, pixels), outputs, {}));
  CHECK_OK(
      conclude(proof, {Validation::kRuntime, fmt::format("{} runs the file at {}", label, size_text(reference.trial)),
                       label, reference.input.shape, std::move(of_outputs)}));
  const std::vector<std::string> names = subject.row.format->probe_names(subject.lowered);
  if (names.empty()) return {};
  TRY(bytes, subject.row.format->twin(subject.lowered, subject.path));
  TRY(twin_session, engine.load(subject.path, bytes, Engine::Optimization::kAll));
  TRY(all_values, run_in(*twin_session, subject.model, reference.input));
  TRY(probes, select_probes(subject, names, all_values, label));
  TRY(of_probes, hold(subject, proof, reference, tolerance_of(subject, pixels), {}, probes));
  return conclude(
      proof, {Validation::kRuntime, fmt::format("{} runs the file's twin at {}", label, size_text(reference.trial)),
              label, reference.input.shape, std::move(of_probes)});
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
    TRY(expected, subject.reference.at(trial, Precision::kFloat32));
    Reference reference{trial, trial_input(subject.model, trial), *expected, &subject.model.graph, {}, {}, {}};
    if (subject.precision == WeightPrecision::kFloat32) {
      CHECK_OK(prove_read_back(subject, raised, proof, reference));
    } else {
      CHECK_OK(prove_in_float64(subject, raised, proof, reference));
      CHECK_OK(subject.arithmetic == WeightPrecision::kFloat16
                   ? become_half_reference(subject, raised, reference)
                   : become_half_weights_reference(subject, raised, reference));
    }
    if (level == Validation::kRuntime) CHECK_OK(prove_in_engine(subject, *subject.row.engine(), proof, reference));
  }
  return proof;
}

double default_tolerance(WeightPrecision precision) { return precision == WeightPrecision::kFloat32 ? 2e-5 : 2e-2; }

Result<Validation> choose_validation(const FormatRow& row, std::optional<Validation> requested) {
  if (requested && *requested != Validation::kRuntime) return *requested;
  const EnginePresence* presence = row.engine != nullptr ? &row.engine()->presence() : nullptr;
  if (presence != nullptr && presence->found) return Validation::kRuntime;
  if (!requested) return Validation::kReference;
  Error error = fail(ErrorCode::kUnavailable, "validate \"runtime\" needs {}, which is not on this machine",
                     row.format->native_engine);
  if (presence != nullptr) error.hint = presence->hint;
  return error;
}

Json proof_json(const Proof& proof) {
  Json checks = Json::array();
  for (const Check& check : proof.checks) {
    Json entry = {{"kind", proof_name(check.kind)}, {"what", check.what}};
    if (!check.engine.empty()) entry["engine"] = check.engine;
    if (!check.input_shape.empty()) entry["input_shape"] = check.input_shape;
    Json figures = Json::array();
    for (const Comparison& figure : check.figures) {
      figures.push_back({{"value", figure.value},
                         {"group", figure.group},
                         {"role", role_name(figure.role)},
                         {"max_difference", figure.max_difference},
                         {"allowed", figure.limit},
                         {"reference_magnitude", figure.reference_magnitude},
                         {"cosine", figure.cosine}});
      if (figure.replaced_rows > 0) figures.back()["replaced_rows"] = figure.replaced_rows;
    }
    if (!figures.empty()) entry["figures"] = figures;
    entry["verdict"] = "agrees";
    checks.push_back(entry);
  }
  return {{"level", proof_name(proof.level)}, {"float64_gate", proof.float64_gate}, {"checks", checks}};
}

}  // namespace modelport
