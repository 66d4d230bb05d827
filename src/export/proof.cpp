#include "export/proof.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "export/hold.h"
#include "export/proof_links.h"

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

Result<std::vector<EvaluatedValue>> run_in(EngineSession& session, std::span<const EvaluatedValue> inputs) {
  std::vector<EngineTensor> given;
  for (const EvaluatedValue& input : inputs) given.push_back({input.name, tensor_of(input)});
  TRY(results, session.run(given));
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
  if (error.code != ErrorCode::kInterrupted) error.code = ErrorCode::kValidationFailed;
  return std::move(error).in(what);
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
  TRY(outputs, run_in(*session, reference.inputs));
  run.outputs = std::move(outputs);
  session.reset();
  const std::vector<std::string> names = subject.row.format->probe_names(subject.lowered);
  if (names.empty()) return run;
  TRY(bytes, subject.row.format->twin(subject.lowered, subject.path));
  TRY(twin_session, engine.load(subject.path, bytes, Engine::Optimization::kAll));
  TRY(all_values, run_in(*twin_session, reference.inputs));
  TRY(selected, select_probes(subject, names, all_values, run.label));
  run.probes = std::move(selected);
  return run;
}

/// The stages of one trial, each computed once, and the links between them.
class TrialProof {
 public:
  TrialProof(const ProofSubject& subject, const Graph& raised, Reference checkpoint, Proof& proof)
      : subject_(subject), raised_(raised), checkpoint_(std::move(checkpoint)), proof_(proof) {}

  Status prove(const ProofLink& link) {
    const ProofLink::When when = link.when(subject_.precision);
    if (when == ProofLink::When::kNever) return {};
    if (when == ProofLink::When::kInDoubt) {
      TRY(doubted, is_in_doubt());
      if (!doubted) return {};
    }
    TRY(figures, link.evaluation == EvaluationPrecision::kFloat64 ? hold_in_float64(link) : hold_in_float32(link));
    return conclude_link(link, std::move(figures));
  }

 private:
  const SourceModel& model() const { return subject_.model; }
  Tolerance tolerance(const ProofLink& link) const { return link.tolerance(subject_.precision, subject_.tolerance); }

  const Graph& graph_of(ProofStage stage) const {
    if (stage == ProofStage::kCheckpoint) return model().graph;
    return stage == ProofStage::kRewritten ? subject_.exported : raised_;
  }

  Replayed evaluation_of(ProofStage stage, const ProofLink& link) const {
    return [this, stage, &link](EvaluationRequest::Replay replay) {
      return evaluate_as(model(), graph_of(stage), checkpoint_, link.evaluation, link.constants, replay);
    };
  }

  Result<Figures> hold_in_float64(const ProofLink& link) const {
    const Replayed held = evaluation_of(link.held, link), to = evaluation_of(link.to, link);
    const auto compared = [&](const EvaluationResult& expected) -> Result<Figures> {
      TRY(found, held({}));
      return hold_to_either(model(), expected, found_in(found), tolerance(link), to);
    };
    if (link.to == ProofStage::kCheckpoint) {
      TRY(expected, subject_.reference.at(checkpoint_.trial, EvaluationPrecision::kFloat64));
      return compared(*expected);
    }
    TRY(expected, to({}));
    return compared(expected);
  }

  Result<Figures> hold_in_float32(const ProofLink& link) {
    if (is_whole(link) && agreed_) return *agreed_;
    TRY(found, link.held == ProofStage::kEngine ? found_in_engine() : found_in_file());
    TRY(reference, link.to == ProofStage::kFile ? file_as_reference(link) : &checkpoint_);
    if (link.room(subject_.precision) == ProofLink::Room::kOwnError) {
      TRY(figures, hold(model(), *reference, tolerance(link), found));
      if (reference->own_error || !reference->stage_errors.empty()) proof_.float64_gate = true;
      return figures;
    }
    return hold_to_either(model(), reference->results, found, tolerance(link), evaluation_of(link.to, link));
  }

  static bool is_whole(const ProofLink& link) {
    return link.held == ProofStage::kFile && link.to == ProofStage::kCheckpoint;
  }

  /// Whether what was read back is further from the checkpoint than its limits, without any room.
  Result<bool> is_in_doubt() {
    if (in_doubt_) return *in_doubt_;
    const auto whole = std::ranges::find_if(proof_links(), is_whole);
    TRY(found, found_in_file());
    Result<Figures> figures =
        hold_to_either(model(), checkpoint_.results, found, tolerance(*whole), evaluation_of(whole->to, *whole));
    in_doubt_ = !figures || !figures->agree();
    if (!*in_doubt_) agreed_ = *std::move(figures);
    return *in_doubt_;
  }

  Result<Found> found_in_file() {
    if (!file_) {
      TRY(result, as_validation_failure(evaluate(request_for(model(), raised_, checkpoint_)),
                                        "the file read back cannot be evaluated"));
      file_ = std::move(result);
    }
    return found_in(*file_);
  }

  Result<Found> found_in_engine() {
    if (!run_) {
      TRY(run, run_file_and_twin(subject_, *subject_.row.engine(), checkpoint_));
      run_ = std::move(run);
    }
    return Found{run_->outputs, run_->probes};
  }

  Result<Reference*> file_as_reference(const ProofLink& link) {
    if (!file_reference_) {
      CHECK_OK(found_in_file());
      file_reference_ = Reference{checkpoint_.trial, checkpoint_.inputs, *file_, &raised_, link.constants};
    }
    return &*file_reference_;
  }

  /// An engine runs the file for its outputs and the twin for its probes: two checks, where they are the artifact's.
  Status conclude_link(const ProofLink& link, Figures figures) {
    const std::string at = size_text(checkpoint_.trial);
    const bool in_engine = link.held == ProofStage::kEngine;
    Check check{.kind = in_engine ? Validation::kRuntime : Validation::kReference,
                .what = fmt::format("{}{} computes what {} computes at {}",
                                    link.evaluation == EvaluationPrecision::kFloat64 ? "in float64, " : "",
                                    stage_name(link.held), stage_name(link.to), at),
                .engine = in_engine ? run_->label : "",
                .input_shape = image_shape(subject_.model, checkpoint_)};
    if (link.to != ProofStage::kCheckpoint || link.held == ProofStage::kRewritten)
      return conclude(proof_, std::move(check), std::move(figures));
    check.holds = Check::Holds::kArtifactAgainstCheckpoint;
    if (!in_engine) return conclude(proof_, std::move(check), std::move(figures));
    Check of_outputs = check;
    of_outputs.what = fmt::format("{} runs the file at {}", run_->label, at);
    of_outputs.figures = std::move(figures.outputs);
    CHECK_OK(conclude(proof_, std::move(of_outputs)));
    if (run_->probes.empty()) return {};
    figures.outputs.clear();
    check.what = fmt::format("{} runs the file's twin at {}", run_->label, at);
    return conclude(proof_, std::move(check), std::move(figures));
  }

  std::string stage_name(ProofStage stage) const {
    switch (stage) {
      case ProofStage::kCheckpoint:
        return "the checkpoint";
      case ProofStage::kRewritten:
        return "the rewritten graph";
      case ProofStage::kFile:
        return "the file read back";
      case ProofStage::kEngine:
        return run_->label;
    }
    return "";
  }

  const ProofSubject& subject_;
  const Graph& raised_;
  Reference checkpoint_;
  Proof& proof_;
  std::optional<EvaluationResult> file_;
  std::optional<Reference> file_reference_;
  std::optional<EngineRun> run_;
  std::optional<bool> in_doubt_;
  std::optional<Figures> agreed_;  ///< The file's as a whole, where they are in no doubt.
};

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
    TRY(inputs, trial_inputs(tried.model, trial));
    TrialProof links(tried, raised, {trial, std::move(inputs), *expected, &tried.model.graph}, proof);
    for (const ProofLink& link : proof_links()) {
      if (link.held == ProofStage::kEngine && level != Validation::kRuntime) continue;
      CHECK_OK(links.prove(link));
    }
  }
  log_against_checkpoint(proof);
  return proof;
}

Result<Validation> choose_validation(const FormatRow& row, std::optional<Validation> requested, Precision precision) {
  if (requested && *requested != Validation::kRuntime) return *requested;
  const EnginePresence* presence = row.engine != nullptr ? &row.engine()->presence() : nullptr;
  if (presence != nullptr && presence->found) {
    if (precision.arithmetic != DType::kFloat16 || presence->computes_float16) return Validation::kRuntime;
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
