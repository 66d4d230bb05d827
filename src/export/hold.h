#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "export/choice_stages.h"
#include "export/reference_outputs.h"
#include "reference/compare.h"

/// How what was found in a file or an engine is held to what is computed by a reference (docs/proof.md).
namespace modelport {

/// How far the reference's float32 evaluations are from float64, per group, times kOwnErrorFactor.
struct OwnError {
  EvaluationResult float64;
  std::vector<double> output_limits, probe_limits;
};

/// The same for the values of one stage of choices.
struct StageError {
  EvaluationResult float64;
  std::vector<double> limits;
};

/// What is computed on one trial by what something is held to.
struct Reference {
  Trial trial;
  std::vector<EvaluatedValue> inputs;
  EvaluationResult results;
  const Graph* graph;                        ///< The unfolded one, or what was read back.
  EvaluationRequest::Constants constants{};  ///< How float64 evaluation of `graph` takes its weights.
  std::optional<OwnError> own_error{};       ///< Once it had to be measured.
  std::map<size_t, StageError> stage_errors{};
};

/// What was found and is held to a reference.
struct Found {
  std::span<const EvaluatedValue> outputs, probes;

  /// What an evaluation has to take at its probes to choose as it was chosen here.
  EvaluationRequest::Replay choices(const SourceModel& model) const {
    if (!chooses_rows(model)) return {};
    return {probes};
  }
};

inline Found found_in(const EvaluationResult& result) { return {result.outputs, result.probes}; }

/// The figures of outputs and of probes, and of models that choose rows what they are chosen by: every value that is no
/// ranked row, held to a reference that takes nothing from what was found but the choices that lie before the value.
struct Figures {
  std::vector<Comparison> outputs, probes, before_choices;

  bool agree() const { return all_agree(outputs) && all_agree(probes) && all_agree(before_choices); }
  std::vector<Comparison> outputs_and_probes() const {
    std::vector<Comparison> both = outputs;
    both.insert(both.end(), probes.begin(), probes.end());
    return both;
  }
};

/// To evaluate `graph` on the trial of `reference`, in float32.
/// The shape of the image that is tried.
const Shape& image_shape(const SourceModel& model, const Reference& reference);

EvaluationRequest request_for(const SourceModel& model, const Graph& graph, const Reference& reference);

/// What `graph` computes on the trial of `reference`.
Result<EvaluationResult> evaluate_as(const SourceModel& model, const Graph& graph, const Reference& reference,
                                     EvaluationPrecision precision, EvaluationRequest::Constants constants,
                                     EvaluationRequest::Replay replay);

/// What a reference computes with these choices.
using Replayed = std::function<Result<EvaluationResult>(EvaluationRequest::Replay)>;

/// Compares with what is expected; where that fails, with what `with` gives for the choices that were found.
Result<Figures> hold_to_either(const SourceModel& model, const EvaluationResult& expected, const Found& found,
                               const Tolerance& tolerance, const Replayed& with);

/// The same with the reference's results; then, where the limits leave room for the reference's own error, with its
/// float64 evaluation. `reference.own_error` or `stage_errors` say afterwards whether that was needed.
Result<Figures> hold(const SourceModel& model, Reference& reference, const Tolerance& tolerance, const Found& found);

}  // namespace modelport
