#include "export/hold.h"

#include <algorithm>

#include "export/precision_limits.h"

namespace modelport {

namespace {

using Replay = EvaluationRequest::Replay;

Result<Figures> compare_all(const SourceModel& model, const EvaluationResult& expected, const Found& found,
                            const Tolerance& tolerance, const OwnError* own = nullptr) {
  const std::span<const double> none;
  TRY(outputs, compare(expected.outputs, found.outputs, model.outputs, tolerance, own ? own->output_limits : none));
  if (found.probes.empty()) return Figures{std::move(outputs), {}, {}};
  TRY(probes, compare(expected.probes, found.probes, model.probes, tolerance, own ? own->probe_limits : none));
  return Figures{std::move(outputs), std::move(probes), {}};
}

Result<std::vector<Comparison>> compare_stage(const SourceModel& model, const ChoiceStage& stage,
                                              const EvaluationResult& expected, const Found& found,
                                              const Tolerance& tolerance, std::span<const double> own_limits = {}) {
  const StageValues reference = values_in(stage, model, expected.outputs, expected.probes);
  const StageValues actual = values_in(stage, model, found.outputs, found.probes);
  return compare(reference.values, actual.values, actual.specs, tolerance, own_limits);
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

/// One float32 evaluation may be lucky, so there are two, with fused products and with rounded ones, and the larger
/// difference counts.
struct OwnEvaluations {
  const EvaluationResult& fused;
  EvaluationResult rounded, float64;
};

/// With the reference's own values at the probes that are replayed, so that it chooses as it did.
Result<OwnEvaluations> evaluate_again(const SourceModel& model, const Reference& reference, Replay replay) {
  TRY(float64,
      evaluate_as(model, *reference.graph, reference, EvaluationPrecision::kFloat64, reference.constants, replay));
  EvaluationRequest request = request_for(model, *reference.graph, reference);
  request.constants = reference.constants;
  request.products = EvaluationRequest::Products::kRounded;
  request.replay = replay;
  TRY(rounded, evaluate(request));
  return OwnEvaluations{reference.results, std::move(rounded), std::move(float64)};
}

Result<std::vector<double>> own_limits(std::span<const EvaluatedValue> fused, std::span<const EvaluatedValue> rounded,
                                       std::span<const EvaluatedValue> float64, std::span<const IoSpec> specs) {
  TRY(limits, own_error(fused, float64, specs));
  TRY(others, own_error(rounded, float64, specs));
  for (size_t i = 0; i < limits.size(); ++i) limits[i] = kOwnErrorFactor * std::max(limits[i], others[i]);
  return limits;
}

/// Ranked rows have no own error: they follow from the probes, and with these from the same float32 arithmetic, whose
/// rounding decides with them.
Result<OwnError> measure_own_error(const SourceModel& model, const Reference& reference) {
  TRY(own, evaluate_again(model, reference, found_in(reference.results).choices(model)));
  take_ranked(model, reference.results, own.float64);
  take_ranked(model, reference.results, own.rounded);
  TRY(outputs, own_limits(own.fused.outputs, own.rounded.outputs, own.float64.outputs, model.outputs));
  TRY(probes, own_limits(own.fused.probes, own.rounded.probes, own.float64.probes, model.probes));
  return OwnError{std::move(own.float64), std::move(outputs), std::move(probes)};
}

/// What `stage` takes from what was found at the probes.
Replay replay_of(const ChoiceStage& stage, std::span<const EvaluatedValue> probes) {
  if (stage.replayed.empty()) return {};
  return {probes, stage.replayed};
}

Result<StageError> measure_stage_error(const SourceModel& model, const Reference& reference, const ChoiceStage& stage) {
  TRY(own, evaluate_again(model, reference, replay_of(stage, reference.results.probes)));
  const auto values = [&](const EvaluationResult& result) {
    return values_in(stage, model, result.outputs, result.probes);
  };
  const StageValues fused = values(own.fused);
  TRY(limits, own_limits(fused.values, values(own.rounded).values, values(own.float64).values, fused.specs));
  return StageError{std::move(own.float64), std::move(limits)};
}

/// The figures of a stage against what is expected; where they differ and choices lie before it, against what `with`
/// gives for these.
Result<std::vector<Comparison>> hold_stage(const SourceModel& model, const ChoiceStage& stage,
                                           const EvaluationResult& expected, const Found& found,
                                           const Tolerance& tolerance, const Replayed& with) {
  TRY(figures, compare_stage(model, stage, expected, found, tolerance));
  if (all_agree(figures) || stage.replayed.empty()) return figures;
  TRY(chosen_again, with(replay_of(stage, found.probes)));
  return compare_stage(model, stage, chosen_again, found, tolerance);
}

/// The same, with the room that the reference's own error leaves.
Result<std::vector<Comparison>> hold_stage_with_room(const SourceModel& model, const ChoiceStage& stage, size_t number,
                                                     Reference& reference, const Found& found,
                                                     const Tolerance& tolerance) {
  const auto with = [&](EvaluationPrecision precision) {
    return [&, precision](Replay replay) {
      return evaluate_as(model, *reference.graph, reference, precision, reference.constants, replay);
    };
  };
  TRY(figures, hold_stage(model, stage, reference.results, found, tolerance, with(EvaluationPrecision::kFloat32)));
  if (all_agree(figures) || !leaves_room(tolerance)) return figures;
  if (!reference.stage_errors.contains(number)) {
    TRY(measured, measure_stage_error(model, reference, stage));
    reference.stage_errors.emplace(number, std::move(measured));
  }
  const StageError& own = reference.stage_errors.at(number);
  if (stage.replayed.empty()) return compare_stage(model, stage, own.float64, found, tolerance, own.limits);
  TRY(chosen_again, with(EvaluationPrecision::kFloat64)(replay_of(stage, found.probes)));
  return compare_stage(model, stage, chosen_again, found, tolerance, own.limits);
}

void append(std::vector<Comparison>& all, std::vector<Comparison> further) {
  all.insert(all.end(), further.begin(), further.end());
}

Result<Figures> hold_with_choices(const SourceModel& model, Reference& reference, const Tolerance& tolerance,
                                  const Found& found) {
  const Replay choices = found.choices(model);
  const auto with_choices = [&](EvaluationPrecision precision) {
    return evaluate_as(model, *reference.graph, reference, precision, reference.constants, choices);
  };
  Result<Figures> figures = compare_all(model, reference.results, found, tolerance);
  if (figures && figures->agree()) return figures;
  std::optional<EvaluationResult> replayed;
  if (!choices.probes.empty()) {
    TRY(chosen_again, with_choices(EvaluationPrecision::kFloat32));
    replayed = std::move(chosen_again);
    figures = compare_all(model, *replayed, found, tolerance);
    if (figures && figures->agree()) return figures;
  }
  if (!figures || !leaves_room(tolerance)) return figures;
  if (!reference.own_error) {
    TRY(own, measure_own_error(model, reference));
    reference.own_error = std::move(own);
  }
  const OwnError& own = *reference.own_error;
  if (!replayed) return compare_all(model, own.float64, found, tolerance, &own);
  TRY(chosen_again, with_choices(EvaluationPrecision::kFloat64));
  take_ranked(model, *replayed, chosen_again);
  return compare_all(model, chosen_again, found, tolerance, &own);
}

}  // namespace

const Shape& image_shape(const SourceModel& model, const Reference& reference) {
  return reference.inputs[image_position(model)].shape;
}

EvaluationRequest request_for(const SourceModel& model, const Graph& graph, const Reference& reference) {
  const Trial& trial = reference.trial;
  return {graph, reference.inputs, symbols_for(model, trial.batch, trial.height, trial.width)};
}

Result<EvaluationResult> evaluate_as(const SourceModel& model, const Graph& graph, const Reference& reference,
                                     EvaluationPrecision precision, EvaluationRequest::Constants constants,
                                     Replay replay) {
  EvaluationRequest request = request_for(model, graph, reference);
  request.precision = precision;
  request.constants = constants;
  request.replay = replay;
  return evaluate(request);
}

Result<Figures> hold_to_either(const SourceModel& model, const EvaluationResult& expected, const Found& found,
                               const Tolerance& tolerance, const Replayed& with) {
  Result<Figures> figures = compare_all(model, expected, found, tolerance);
  const Replay choices = found.choices(model);
  if (choices.probes.empty()) return figures;
  if (!figures || !figures->agree()) {
    TRY(replayed, with(choices));
    figures = compare_all(model, replayed, found, tolerance);
  }
  if (!figures) return figures;
  for (const ChoiceStage& stage : choice_stages(model)) {
    TRY(of_stage, hold_stage(model, stage, expected, found, tolerance, with));
    append(figures->before_choices, std::move(of_stage));
  }
  return figures;
}

Result<Figures> hold(const SourceModel& model, Reference& reference, const Tolerance& tolerance, const Found& found) {
  Result<Figures> figures = hold_with_choices(model, reference, tolerance, found);
  if (!figures || found.choices(model).probes.empty()) return figures;
  const std::vector<ChoiceStage> stages = choice_stages(model);
  for (size_t i = 0; i < stages.size(); ++i) {
    TRY(of_stage, hold_stage_with_room(model, stages[i], i, reference, found, tolerance));
    append(figures->before_choices, std::move(of_stage));
  }
  return figures;
}

}  // namespace modelport
