#include "export/choice_stages.h"

#include <gmock/gmock.h>

#include <cmath>

#include "../formats/written_format.h"
#include "base/log.h"
#include "export/half_precision.h"
#include "export/prepare.h"
#include "export/proof.h"
#include "numbers_without_pattern.h"
#include "ops/graph_builder.h"

/// Models that choose rows are held to their limits at what the rows are chosen by, however the choices fall. Logits
/// here are large, so that their own limit, a part of their magnitude, allows scores many times theirs.
namespace modelport {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr int64_t kSide = 48, kCells = kSide * kSide, kWidth = 16, kClasses = 2;
constexpr double kScoreLimit = 2e-5;

ValueId random_weight(GraphBuilder& b, Shape shape, uint32_t seed, float gain) {
  std::vector<float> values = numbers_without_pattern(static_cast<size_t>(*element_count(shape)), seed);
  for (float& value : values) value *= gain;
  return b.floats(std::move(shape), std::move(values));
}

ValueId rows_of(GraphBuilder& b, ValueId values, ValueId indices) {
  const Dim count = b.dim(indices, 1), width = b.dim(values, 2);
  return b.gather_elements(values, b.expand(b.split_axis(indices, 1, {count, 1}), {1, count, width}), 1);
}

/// [1, A, C] of boxes, logits and scores -> the best `most` rows.
ValueId best_rows(GraphBuilder& b, ValueId boxes, ValueId scores, int64_t most) {
  const GraphBuilder::Top best = b.topk(scores, 2, 1);
  const GraphBuilder::Top top = b.topk(b.merge_axes(best.values, 1, 2), 1, most);
  return b.concat({rows_of(b, boxes, top.indices), b.split_axis(top.values, 1, {most, 1}),
                   rows_of(b, b.cast(best.indices, DType::kFloat32), top.indices)},
                  2);
}

IoSpec ranked_rows() {
  return {
      "output0",
      "NDC",
      Role::kFeatures,
      {{"boxes", Role::kBoxesPx, 2, 0, 4}, {"scores", Role::kScores, 2, 4, 5}, {"classes", Role::kFeatures, 2, 5, 6}},
      Rows::kRanked};
}

SourceModel finished(GraphBuilder b) {
  SourceModel model;
  model.sizes = {1, kSide, kSide, DynamicAxes::kNone};
  model.facts.model_name = "chooses";
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  return model;
}

/// [1, C, A] features of the image.
ValueId features(GraphBuilder& b) {
  const ValueId images = b.input("images", {DType::kFloat32, {1, 3, kSide, kSide}});
  b.set_path("backbone");
  const ValueId x = b.conv(images, random_weight(b, {kWidth, 3, 3, 3}, 0, 0.5F), std::nullopt, {.pads = {1, 1, 1, 1}});
  return b.unary(Relu{}, x);
}

struct Candidates {
  ValueId boxes, logits, scores;  ///< [1, C, A]
};
/// As heads have them; logits are of up to about `gain`.
Candidates candidates(GraphBuilder& b, float gain) {
  const ValueId x = features(b);
  const auto predict = [&](int64_t channels, uint32_t seed, float by, const char* path) {
    b.set_path(path);
    const ValueId bias = b.floats({channels}, std::vector<float>(static_cast<size_t>(channels), 0.25F));
    return b.merge_axes(b.conv(x, random_weight(b, {channels, kWidth, 1, 1}, seed, by), bias, {}), 2, 2);
  };
  const ValueId boxes = b.mul(b.unary(Sigmoid{}, predict(4, 1, 1.0F, "boxes")), b.scalar(kSide));
  const ValueId logits = predict(kClasses, 2, gain / 8, "logits");
  return {boxes, logits, b.unary(Sigmoid{}, logits)};
}

SourceModel end_to_end(float gain) {
  GraphBuilder b;
  const Candidates all = candidates(b, gain);
  b.probe("boxes", all.boxes);
  b.probe("class_logits", all.logits);
  b.probe("scores", all.scores);
  const auto rows = [&](ValueId x) { return b.permute(x, {0, 2, 1}); };
  b.output("output0", best_rows(b, rows(all.boxes), rows(all.scores), 50));
  SourceModel model = finished(std::move(b));
  model.outputs = {ranked_rows()};
  model.probes = {{"boxes", "NCA", Role::kBoxesPx, {}},
                  {"class_logits", "NCA", Role::kLogits, {}},
                  {"scores", "NCA", Role::kScores, {}}};
  return model;
}

SourceModel suppressing(float gain) {
  GraphBuilder b;
  const Candidates all = candidates(b, gain);
  b.probe("class_logits", all.logits);
  b.output("output0", b.concat({all.boxes, all.scores}, 1));
  SourceModel model = finished(std::move(b));
  model.outputs = {{"output0",
                    "NCA",
                    Role::kFeatures,
                    {{"boxes", Role::kBoxesPx, 1, 0, 4}, {"scores", Role::kScores, 1, 4, 4 + kClasses}}}};
  model.probes = {{"class_logits", "NCA", Role::kLogits, {}}};
  model.facts.detection.emplace();
  BuildRequest request;
  request.confidence_threshold = 0.25;
  request.iou_threshold = 0.7;
  request.head = HeadChoice::kNmsInside;
  request.max_detections = 50;
  const Status appended = adapt_to_request(model, request);
  EXPECT_TRUE(appended) << appended.error().text();
  return model;
}

/// As RT-DETR: the best cells by one choice, what is decoded of them by another.
SourceModel queries(float gain) {
  GraphBuilder b;
  const ValueId cells = b.permute(b.merge_axes(features(b), 2, 2), {0, 2, 1});
  const auto predict = [&](ValueId x, int64_t channels, uint32_t seed, float by, const char* path) {
    b.set_path(path);
    const ValueId bias = b.floats({channels}, std::vector<float>(static_cast<size_t>(channels), 0.25F));
    return b.linear(x, random_weight(b, {channels, kWidth}, seed, by), bias);
  };
  const ValueId encoder = predict(cells, kClasses, 3, 1.0F, "encoder");
  const ValueId best = b.merge_axes(b.reduce_max(encoder, {2}), 1, 2);
  const ValueId chosen = rows_of(b, cells, b.topk(best, 1, 100).indices);
  const ValueId boxes = predict(chosen, 4, 1, 4.0F, "boxes");
  const ValueId logits = predict(chosen, kClasses, 2, gain / 8, "logits");
  const ValueId scores = b.unary(Sigmoid{}, logits);
  b.probe("encoder_logits", encoder);
  b.probe("boxes", boxes);
  b.probe("class_logits", logits);
  b.probe("scores", scores);
  b.output("output0", best_rows(b, boxes, scores, 50));
  SourceModel model = finished(std::move(b));
  model.outputs = {ranked_rows()};
  model.probes = {{"encoder_logits", "NAC", Role::kLogits, {}},
                  {"boxes", "NQC", Role::kFeatures, {{"boxes", Role::kBoxesPx, 2, 0, 4}}},
                  {"class_logits", "NQC", Role::kLogits, {}},
                  {"scores", "NQC", Role::kScores, {}}};
  return model;
}

/// Writes `exported` and holds it to the model, in the engine where there is one.
Result<Proof> proof_of(const SourceModel& model, const Graph& exported, const std::string& name) {
  const FormatRow& row = *find_format(name);
  TRY(legal, row.format->legalize(exported, {}));
  TRY(lowered, row.format->lower(model, legal, {}));
  const WrittenFormat written(*row.format);
  CHECK_OK(written.write(*lowered));
  TRY(level, choose_validation(row, std::nullopt, Precision{}));
  ReferenceOutputs reference(model);
  return prove({model, reference, legal, *lowered, row, written.path()}, level);
}

/// Adds to the bias of what predicts logits.
void spoil_logits(Graph& graph, double by) {
  for (Node& node : graph.nodes) {
    if (node.path != "logits" || node.inputs.size() != 3) continue;
    WeightRecipe& bias = *graph[node.inputs[2]].constant;
    std::vector<float> values = bias.to_floats();
    for (float& value : values) value += static_cast<float>(by);
    bias = WeightRecipe::source(Tensor::from_floats(bias.shape(), std::move(values)), "spoiled");
    return;
  }
  ADD_FAILURE() << "nothing predicts logits";
}

EvaluationResult evaluated(const SourceModel& model, const Graph& graph) {
  EvaluationRequest request{graph, *trial_inputs(model, trials(model).front()), {}};
  request.precision = EvaluationPrecision::kFloat64;
  auto result = evaluate(request);
  EXPECT_TRUE(result) << result.error().text();
  return *std::move(result);
}

size_t probe_of(const SourceModel& model, std::string_view name) {
  return static_cast<size_t>(std::ranges::find(model.probes, name, &IoSpec::name) - model.probes.begin());
}

/// The bias that moves some candidate's score by `apart`, as far as its sigmoid is as steep as it can be.
double bias_for(const SourceModel& model, double apart) {
  double steepest = 0, magnitude = 0;
  for (const double logit : evaluated(model, model.graph).probes[probe_of(model, "class_logits")].doubles) {
    const double score = 1 / (1 + std::exp(-logit));
    steepest = std::max(steepest, score * (1 - score));
    magnitude = std::max(magnitude, std::abs(logit));
  }
  const double by = apart / steepest;
  EXPECT_LT(by, 0.5 * 2e-5 * magnitude) << "logits are small enough to hold scores";
  return by;
}

class ChoiceStagesTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kError); }
};

TEST_F(ChoiceStagesTest, ValuesStandBehindTheChoicesBeforeThem) {
  const auto first = choice_stages(end_to_end(30));
  ASSERT_EQ(first.size(), 1u);
  EXPECT_THAT(first[0].probes, ElementsAre(0, 1, 2));
  EXPECT_THAT(first[0].replayed, ElementsAre());
  const auto both = choice_stages(queries(30));
  ASSERT_EQ(both.size(), 2u);
  EXPECT_THAT(both[0].probes, ElementsAre(0));
  EXPECT_THAT(both[0].replayed, ElementsAre());
  EXPECT_THAT(both[1].probes, ElementsAre(1, 2, 3));
  EXPECT_THAT(both[1].replayed, ElementsAre(0));
}

TEST_F(ChoiceStagesTest, ScoresThatRowsAreChosenByAreHeldToScoresLimits) {
  for (const auto& [name, model] : {std::pair("end to end", end_to_end(45)), std::pair("suppression", suppressing(45)),
                                    std::pair("queries", queries(100))}) {
    const double by = bias_for(model, kScoreLimit);
    for (const char* format : {"onnx", "openvino", "torchscript"}) {
      Graph spoiled = model.graph;
      spoil_logits(spoiled, 1.2 * by);
      const auto refused = proof_of(model, spoiled, format);
      ASSERT_FALSE(refused) << name << " in " << format;
      EXPECT_EQ(error_info(refused.error().code).exit_code, 2);
      EXPECT_THAT(refused.error().text(), HasSubstr("scores")) << name << " in " << format;
      spoiled = model.graph;
      spoil_logits(spoiled, 0.8 * by);
      const auto passes = proof_of(model, spoiled, format);
      EXPECT_TRUE(passes) << name << " in " << format << ": " << passes.error().text();
    }
  }
}

/// float16 rounds logits of such a magnitude by more than scores may be off.
TEST_F(ChoiceStagesTest, HalfKeepsScoresThatRowsAreChosenByWithinTheirLimit) {
  constexpr Precision kHalf{DType::kFloat16, DType::kFloat16};
  for (const auto& [name, model] :
       {std::pair("end to end", end_to_end(300)), std::pair("suppression", suppressing(300))}) {
    const auto chosen = choose_half_precision(model, model.graph, kHalf, {});
    ASSERT_TRUE(chosen) << name << ": " << chosen.error().text();
    EXPECT_FALSE(chosen->report.kept_float32.empty()) << name;
    const auto rounded = to_half(model.graph, chosen->nodes);
    ASSERT_TRUE(rounded) << name << ": " << rounded.error().text();
    const auto inputs = *trial_inputs(model, trials(model).front());
    const auto expected = evaluate({model.graph, inputs, {}}), found = evaluate({*rounded, inputs, {}});
    ASSERT_TRUE(expected && found);
    for (const ChoiceStage& stage : choice_stages(model)) {
      const StageValues reference = values_in(stage, model, expected->outputs, expected->probes);
      const StageValues actual = values_in(stage, model, found->outputs, found->probes);
      const auto figures =
          compare(reference.values, actual.values, actual.specs, limits_for(kHalf, default_tolerance(kHalf)));
      ASSERT_TRUE(figures) << figures.error().text();
      for (const Comparison& figure : *figures) EXPECT_LE(figure.max_difference, figure.limit) << figure.value;
    }
  }
}

}  // namespace
}  // namespace modelport
