#include "export/half_precision.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include <fmt/ranges.h>

#include "base/log.h"
#include "export/choice_stages.h"
#include "export/network_layers.h"
#include "export/precision_limits.h"
#include "export/reference_outputs.h"
#include "export/rounding_search.h"

namespace modelport {

namespace {

/// What the rounding may cost, in parts of the limits: other images and an engine's own order come on top.
constexpr double kTarget = 0.5;
/// What it may cost on charts, which are worse than photographs.
constexpr double kTargetOnCharts = 1.0;
/// Of that, what rounding weights alone may cost where arithmetic is rounded as well.
constexpr double kWeightsTarget = 0.7 * kTarget;
/// Of float16's range, what the synthetic images may use.
constexpr double kUsableRange = kLargestHalf / 2;
constexpr double kLeastWeightShare = 0.5;
/// A search measures so often, large models less.
constexpr double kMeasurements = 96, kFewestMeasurements = 24, kMultiplicationsInAll = 1e11;
/// Images that are tried beside those of the proof: another photo-like one and charts. Small ones all, large ones as
/// many as have so many pixels in all, but one chart at least.
constexpr int64_t kPixelsTried = 640 * 640;
constexpr uint32_t kCharts = 7;

/// The images of the proof, and what networks react to more than to those.
std::vector<Trial> images_for(const SourceModel& model) {
  using Picture = Trial::Picture;
  std::vector<Trial> list = trials(model);
  const Trial first = list.front();
  const auto image = [&first](uint32_t number, Picture picture) {
    return Trial{first.batch, first.height, first.width, number * static_cast<uint32_t>(first.batch), picture};
  };
  const int64_t pixels = first.batch * first.height * first.width;
  list.push_back(image(0, Picture::kTestChart));
  std::vector<Trial> further = {image(2, Picture::kPhotoLike)};
  for (uint32_t chart = 1; chart < kCharts; ++chart) further.push_back(image(chart, Picture::kTestChart));
  for (const Trial& trial : further) {
    if (pixels * (static_cast<int64_t>(list.size()) + 1) <= kPixelsTried) list.push_back(trial);
  }
  return list;
}

/// One decision.
class Decision {
 public:
  Decision(const SourceModel& model, const Graph& graph, Precision half, double tolerance)
      : model_(model),
        graph_(graph),
        half_(half),
        limits_(limits_for(half, tolerance)),
        images_(images_for(model)),
        stages_(choice_stages(model)) {}

  Result<HalfPrecision> operator()() {
    const Trial& first = images_.front();
    TRY(layers, network_layers(graph_, symbols_for(model_, first.batch, first.height, first.width)));
    layers_ = std::move(layers);
    weights_.assign(layers_.size(), true);
    arithmetic_.assign(layers_.size(), rounds_arithmetic());
    CHECK_OK(evaluate_references());
    keep_what_may_not_be_rounded();
    TRY(error, measure(weights_, arithmetic_, images_.size()));
    if (!(error <= kTarget)) CHECK_OK(rounds_arithmetic() ? search_both() : search_weights(kTarget));
    return result();
  }

 private:
  bool rounds_arithmetic() const { return half_.arithmetic == DType::kFloat16; }

  Result<EvaluationRequest> request_for(const Graph& graph, const Trial& trial) const {
    TRY(inputs, trial_inputs(model_, trial));
    EvaluationRequest request{graph, std::move(inputs), symbols_for(model_, trial.batch, trial.height, trial.width)};
    request.products = EvaluationRequest::Products::kRounded;
    return request;
  }

  /// And the largest magnitude of every value on any of the images.
  Status evaluate_references() {
    magnitudes_.assign(graph_.values.size(), 0.0);
    for (const Trial& trial : images_) {
      TRY(request, request_for(graph_, trial));
      request.measure = EvaluationRequest::Measure::kMagnitudes;
      TRY(result, evaluate(request));
      for (size_t i = 0; i < magnitudes_.size(); ++i) magnitudes_[i] = std::max(magnitudes_[i], result.magnitudes[i]);
      references_.push_back(std::move(result));
    }
    for (size_t i = 0; i < magnitudes_.size(); ++i) {
      const Value& value = graph_.values[i];
      if (!value.constant || !is_float(value.type.dtype)) continue;
      for (const float element : value.constant->to_floats())
        magnitudes_[i] = std::max(magnitudes_[i], static_cast<double>(std::abs(element)));
    }
    return {};
  }

  std::string reason_to_compute_in_float32(const Node& node, const std::vector<bool>& of_coordinates) const {
    if (node.numerics == Numerics::kFloat32) return "pixel coordinates";
    // What a convolution reads are features, whatever made them in float32.
    const bool reads_features = std::holds_alternative<Conv>(node.op) || std::holds_alternative<ConvTranspose>(node.op);
    for (const ValueId id : node.inputs) {
      if (!reads_features && of_coordinates[static_cast<size_t>(id)]) return "reads pixel coordinates";
    }
    for (const ValueId id : node.inputs) {
      if (leaves_range(id)) return fmt::format("reads values to {:.2g}", magnitude(id));
    }
    for (const ValueId id : node.outputs) {
      if (leaves_range(id)) return fmt::format("reaches {:.2g}", magnitude(id));
    }
    return "";
  }

  double magnitude(ValueId id) const { return magnitudes_[static_cast<size_t>(id)]; }
  bool leaves_range(ValueId id) const {
    return is_float(graph_[id].type.dtype) && magnitude(id) > (graph_[id].constant ? kLargestHalf : kUsableRange);
  }

  /// Fills `usable_`: per node the lowest precision there is for it.
  void keep_what_may_not_be_rounded() {
    std::vector<bool> of_coordinates(graph_.values.size());
    std::set<std::string> reported;
    for (const Node& node : graph_.nodes) {
      const std::string reason = reason_to_compute_in_float32(node, of_coordinates);
      const bool coordinates = node.numerics == Numerics::kFloat32;
      const bool too_large =
          std::ranges::any_of(node.inputs, [&](ValueId id) { return is_weight(graph_[id]) && leaves_range(id); });
      usable_.push_back(coordinates || too_large ? NodePrecision::kFloat32
                        : reason.empty()         ? NodePrecision::kFloat16
                                                 : NodePrecision::kFloat16Weights);
      if (reason.ends_with("coordinates")) {
        for (const ValueId output : node.outputs) of_coordinates[static_cast<size_t>(output)] = true;
      }
      const bool of_interest = rounds_arithmetic() || too_large;
      if (!reason.empty() && of_interest && reported.insert(node.path + reason).second)
        kept_.push_back({node.path, reason});
    }
  }

  std::vector<NodePrecision> precisions(const std::vector<bool>& weights, const std::vector<bool>& arithmetic) const {
    std::vector<NodePrecision> nodes(graph_.nodes.size(), NodePrecision::kFloat32);
    for (size_t i = 0; i < layers_.size(); ++i) {
      const NodePrecision wanted = !weights[i]      ? NodePrecision::kFloat32
                                   : !arithmetic[i] ? NodePrecision::kFloat16Weights
                                                    : NodePrecision::kFloat16;
      for (const NodeId id : layers_[i].nodes) {
        const auto node = static_cast<size_t>(id);
        nodes[node] = std::max(wanted, usable_[node]);
      }
    }
    return nodes;
  }

  /// How far the rounded graph is from the other on the first `images`, at worst, in parts of the limits.
  Result<double> measure(const std::vector<bool>& weights, const std::vector<bool>& arithmetic, size_t images) {
    TRY(rounded, to_half(graph_, precisions(weights, arithmetic)));
    double worst = 0.0;
    for (size_t i = 0; i < images; ++i) {
      TRY(request, request_for(rounded, images_[i]));
      TRY(result, evaluate(request));
      TRY(error, error_on(i, result));
      if (images_[i].picture == Trial::Picture::kTestChart) error *= kTarget / kTargetOnCharts;
      worst = std::max(worst, error);
    }
    ++measurements_;
    log_debug("Half measured: {:.3g} of the limits", worst);
    return worst;
  }

  /// Of what the rounded graph computes on an image, ranked rows left out: they follow from the probes.
  Result<double> error_on(size_t image, const EvaluationResult& found) const {
    double worst = 0.0;
    for (const ChoiceStage& stage : stages_) {
      TRY(error, error_in(stage, image, references_[image], found));
      if (error > kTarget && !stage.replayed.empty()) {
        TRY(request, request_for(graph_, images_[image]));
        request.replay = {found.probes, stage.replayed};
        TRY(chosen_again, evaluate(request));
        TRY(of_replay, error_in(stage, image, chosen_again, found));
        error = std::min(error, of_replay);
      }
      worst = std::max(worst, error);
    }
    return worst;
  }

  Result<double> error_in(const ChoiceStage& stage, size_t image, const EvaluationResult& expected,
                          const EvaluationResult& found) const {
    SourceModel model = model_;
    set_image_size(model, images_[image].height, images_[image].width);
    const StageValues reference = values_in(stage, model, expected.outputs, expected.probes);
    const StageValues actual = values_in(stage, model, found.outputs, found.probes);
    TRY(figures, compare(reference.values, actual.values, actual.specs, limits_));
    double worst = 0.0;
    for (const Comparison& figure : figures) {
      const double part = figure.max_difference / figure.limit;
      worst = std::max(worst, std::isfinite(part) ? part : std::numeric_limits<double>::infinity());
    }
    return worst;
  }

  std::vector<double> weight_costs() const {
    std::vector<double> costs;
    for (const NetworkLayer& layer : layers_) costs.push_back(static_cast<double>(layer.weight_elements));
    return costs;
  }
  std::vector<double> multiplication_costs() const {
    std::vector<double> costs;
    for (const NetworkLayer& layer : layers_) costs.push_back(layer.multiplications);
    return costs;
  }

  /// Measurements of one search.
  size_t affordable() const {
    double once = 1.0;
    for (const NetworkLayer& layer : layers_) once += layer.multiplications * static_cast<double>(images_.size());
    return static_cast<size_t>(std::clamp(kMultiplicationsInAll / once, kFewestMeasurements, kMeasurements));
  }

  Status search_weights(double target) {
    const std::vector<bool> none(layers_.size());
    const auto error = [&](const std::vector<bool>& rounded) { return measure(rounded, none, images_.size()); };
    TRY(all, error(weights_));
    if (all <= target) return {};
    TRY(chosen, choose_rounded(weight_costs(), target, affordable(), error));
    weights_ = std::move(chosen);
    return {};
  }

  Status search_both() {
    CHECK_OK(search_weights(kWeightsTarget));
    const auto error = [&](const std::vector<bool>& rounded) { return measure(weights_, rounded, images_.size()); };
    TRY(all, error(weights_));
    arithmetic_ = weights_;
    if (all <= kTarget) return {};
    TRY(chosen, choose_rounded(multiplication_costs(), kTarget, affordable(), error));
    arithmetic_ = std::move(chosen);
    return {};
  }

  Result<HalfPrecision> result() {
    std::vector<NodePrecision> nodes = precisions(weights_, arithmetic_);
    PrecisionReport report;
    double weights = 0.0, half_weights = 0.0, multiplications = 0.0, half_multiplications = 0.0;
    for (size_t i = 0; i < layers_.size(); ++i) {
      const NetworkLayer& layer = layers_[i];
      const NodePrecision of_layer = nodes[static_cast<size_t>(layer.nodes.front())];
      weights += static_cast<double>(layer.weight_elements);
      multiplications += layer.multiplications;
      if (of_layer != NodePrecision::kFloat32) half_weights += static_cast<double>(layer.weight_elements);
      if (of_layer == NodePrecision::kFloat16) half_multiplications += layer.multiplications;
      if (!weights_[i]) {
        kept_.push_back({layer.name, "rounding its weights to float16 costs too much"});
      } else if (rounds_arithmetic() && !arithmetic_[i]) {
        kept_.push_back({layer.name, "float16 weights, computed in float32: rounding its values costs too much"});
      }
    }
    report.kept_float32 = std::move(kept_);
    report.float16_weight_share = weights > 0.0 ? half_weights / weights : 1.0;
    report.float16_multiplication_share = multiplications > 0.0 ? half_multiplications / multiplications : 0.0;
    log_info(
        "Chose float16 by {} evaluations on {} images: {:.1f} % of the bytes of weights, {:.1f} % of multiplications",
        measurements_, images_.size(), 100.0 * report.float16_weight_share,
        100.0 * report.float16_multiplication_share);
    for (const auto& [layer, reason] : report.kept_float32) log_info("Kept in float32: {}: {}", layer, reason);
    return HalfPrecision{std::move(nodes), std::move(report)};
  }

  const SourceModel& model_;
  const Graph& graph_;
  Precision half_;
  Tolerance limits_;
  std::vector<Trial> images_;
  std::vector<ChoiceStage> stages_;
  std::vector<EvaluationResult> references_;  ///< By image.
  std::vector<double> magnitudes_;            ///< By ValueId.
  std::vector<NetworkLayer> layers_;
  std::vector<NodePrecision> usable_;  ///< By NodeId.
  std::vector<bool> weights_;          ///< By layer: whether weights are float16,
  std::vector<bool> arithmetic_;       ///< and whether arithmetic is.
  std::vector<PrecisionReport::Kept> kept_;
  int measurements_ = 0;
};

}  // namespace

Result<HalfPrecision> choose_half_precision(const SourceModel& model, const Graph& graph, Precision half,
                                            std::optional<double> tolerance) {
  TRY(precision, Decision(model, graph, half, tolerance.value_or(default_tolerance(half)))());
  if (precision.report.float16_weight_share >= kLeastWeightShare || tolerance) return precision;
  std::vector<std::string> layers;
  for (const auto& kept : precision.report.kept_float32) {
    if (std::ranges::find(layers, kept.layer) == layers.end()) layers.push_back(kept.layer);
  }
  Error error =
      fail(ErrorCode::kValidationFailed,
           "half: only {:.0f} % of the bytes of weights can be float16 within the limits; float32 would stay {}",
           100.0 * precision.report.float16_weight_share, fmt::join(layers, ", "));
  error.hint = "export in float32, or allow more by tolerance";
  return error;
}

}  // namespace modelport
