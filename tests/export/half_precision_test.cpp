#include "export/half_precision.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <tuple>

#include "../formats/written_format.h"
#include "base/log.h"
#include "export/pipeline.h"
#include "export/precision_limits.h"
#include "export/proof.h"
#include "kernels/instruction_set.h"
#include "kernels/thread_pool.h"
#include "models/ultralytics/trainer.h"
#include "numbers_without_pattern.h"
#include "ops/graph_builder.h"
#include "passes/pass.h"
#include "tensor/tensor.h"

/// What float16 serves badly: layers stay float32 and the proof holds the file to the checkpoint, or the export is
/// refused. What is chosen depends on the checkpoint and the options alone.
namespace modelport {
namespace {

constexpr Precision kHalf{DType::kFloat16, DType::kFloat16}, kHalfWeights{DType::kFloat16, DType::kFloat32};

namespace fs = std::filesystem;

constexpr const char* kFormats[] = {"onnx", "openvino", "torchscript"};

ValueId weight(GraphBuilder& b, Shape shape, uint32_t seed, float gain) {
  const auto fan_in = static_cast<float>(shape[1] * shape[2] * shape[3]);
  std::vector<float> values =
      numbers_without_pattern(static_cast<size_t>(shape[0] * shape[1] * shape[2] * shape[3]), seed);
  for (float& value : values) value *= gain * std::sqrt(3.0F / fan_in);
  return b.floats(std::move(shape), std::move(values));
}

/// Convolutions in a row; each makes what it reads `gains[i]` times as large. The output are boxes and scores.
SourceModel network(const std::vector<float>& gains, ValueId (*activation)(GraphBuilder&, ValueId)) {
  SourceModel model;
  model.sizes = {1, 32, 32, DynamicAxes::kNone};
  model.facts.model_name = "random";
  GraphBuilder b;
  ValueId x = b.input("images", {DType::kFloat32, {1, 3, 32, 32}});
  for (size_t i = 0; i < gains.size(); ++i) {
    b.set_path("model." + std::to_string(i));
    const int64_t in = i == 0 ? 3 : 16;
    x = activation(b, b.conv(x, weight(b, {16, in, 3, 3}, static_cast<uint32_t>(i), gains[i]), std::nullopt,
                             {.pads = {1, 1, 1, 1}}));
  }
  b.set_path("head");
  const ValueId boxes = b.conv(x, weight(b, {4, 16, 1, 1}, 100, 20.0F), std::nullopt, {});
  const ValueId scores = b.unary(Sigmoid{}, b.conv(x, weight(b, {2, 16, 1, 1}, 101, 4.0F), std::nullopt, {}));
  b.output("output0", b.merge_axes(b.concat({boxes, scores}, 1), 2, 2));
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  model.outputs = {
      {"output0", "NCA", Role::kFeatures, {{"boxes", Role::kBoxesPx, 1, 0, 4}, {"scores", Role::kScores, 1, 4, 6}}}};
  return model;
}

ValueId relu(GraphBuilder& b, ValueId x) { return b.unary(Relu{}, x); }
/// Folds its operand, so that small differences grow from layer to layer.
ValueId sine(GraphBuilder& b, ValueId x) { return b.unary(Sin{}, x); }

SourceModel quiet() { return network({2, 1, 1}, relu); }
/// One layer's values are beyond float16; the next makes them small again.
SourceModel loud() { return network({2, 2e5, 5e-6F, 1}, relu); }
SourceModel deep() { return network(std::vector<float>(14, 4), sine); }

/// Chooses, writes and proves.
Result<Proof> export_half(const SourceModel& model, const std::string& name, std::optional<double> tolerance = {}) {
  const FormatRow& row = *find_format(name);
  TRY(legal, row.format->legalize(model.graph, {}));
  TRY(chosen, choose_half_precision(model, legal, row.format->half, tolerance));
  TRY(rounded, to_half(legal, chosen.nodes));
  TRY(lowered, row.format->lower(model, rounded, {}));
  const WrittenFormat written(*row.format);
  CHECK_OK(written.write(*lowered));
  TRY(level, choose_validation(row, std::nullopt, row.format->half));
  ReferenceOutputs reference(model);
  TRY(proof, prove({model, reference, rounded, *lowered, row, written.path(), row.format->half,
                    tolerance.value_or(default_tolerance(row.format->half))},
                   level));
  proof.precision = chosen.report;
  return proof;
}

void expect_within_ceilings(const Proof& proof, const std::string& format) {
  const auto entries = artifact_against_checkpoint(proof);
  ASSERT_GE(entries.size(), 2u) << format;
  for (const AgainstCheckpoint& entry : entries) {
    const double ceiling = entry.figure.role == Role::kBoxesPx ? 0.5 : 0.02;
    EXPECT_LE(entry.figure.limit, ceiling) << format << ": " << entry.figure.group << " in " << entry.in;
    EXPECT_LE(entry.figure.max_difference, entry.figure.limit) << format << ": " << entry.figure.group;
  }
}

class HalfPrecisionTest : public testing::Test {
 protected:
  void SetUp() override { set_log_level(LogLevel::kError); }
};

TEST_F(HalfPrecisionTest, WhatFloat16ServesWellIsFloat16) {
  for (const std::string format : kFormats) {
    const auto proof = export_half(quiet(), format);
    ASSERT_TRUE(proof) << format << ": " << proof.error().text();
    expect_within_ceilings(*proof, format);
    EXPECT_EQ(proof->precision->float16_weight_share, 1.0) << format;
    EXPECT_EQ(proof->precision->float16_multiplication_share, format == "openvino" ? 0.0 : 1.0);
    EXPECT_TRUE(proof->precision->kept_float32.empty()) << format;
  }
}

TEST_F(HalfPrecisionTest, ALayerBeyondTheRangeStaysFloat32) {
  for (const std::string format : kFormats) {
    const auto proof = export_half(loud(), format);
    ASSERT_TRUE(proof) << format << ": " << proof.error().text();
    expect_within_ceilings(*proof, format);
    EXPECT_GE(proof->precision->float16_weight_share, 0.5) << format;
    if (format == "openvino") continue;
    EXPECT_THAT(proof->precision->kept_float32,
                testing::Contains(testing::Field(&PrecisionReport::Kept::layer, "model.1")))
        << format;
  }
}

/// Pixels are made floats, and norms computed, in float32; what follows is float16 again.
TEST_F(HalfPrecisionTest, ConvolutionsBehindFloat32AreFloat16) {
  SourceModel model;
  model.sizes = {1, 32, 32, DynamicAxes::kNone};
  GraphBuilder b;
  ValueId x = b.input("images", {DType::kFloat32, {1, 3, 32, 32}});
  b.set_path("norm");
  b.set_numerics(Numerics::kFloat32);
  x = b.mul(x, b.scalar(0.5));
  b.set_numerics(Numerics::kAny);
  b.set_path("model.0");
  x = relu(b, b.conv(x, weight(b, {16, 3, 3, 3}, 0, 1), std::nullopt, {.pads = {1, 1, 1, 1}}));
  b.output("output0", x);
  auto graph = std::move(b).finish();
  ASSERT_TRUE(graph) << graph.error().text();
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  model.outputs = {{"output0", "NCHW", Role::kFeatures, {}}};
  const auto chosen = choose_half_precision(model, model.graph, kHalf, {});
  ASSERT_TRUE(chosen) << chosen.error().text();
  EXPECT_EQ(chosen->report.float16_multiplication_share, 1.0);
}

TEST_F(HalfPrecisionTest, ADeepRandomNetworkIsWithinTheCeilingsOrRefused) {
  for (const std::string format : kFormats) {
    const auto proof = export_half(deep(), format);
    if (proof) {
      expect_within_ceilings(*proof, format);
      EXPECT_GE(proof->precision->float16_weight_share, 0.5) << format;
      continue;
    }
    EXPECT_EQ(error_info(proof.error().code).exit_code, 2) << format;
    EXPECT_THAT(proof.error().text(), testing::HasSubstr("model.0")) << format;
  }
}

/// Deep, and silent where neighbouring pixels differ by less than photo-like images let them.
SourceModel sees_edges() {
  SourceModel model;
  model.sizes = {1, 32, 32, DynamicAxes::kNone};
  model.facts.model_name = "edges";
  GraphBuilder b;
  ValueId x = b.input("images", {DType::kFloat32, {1, 3, 32, 32}});
  b.set_path("edges");
  std::vector<float> differences(size_t{16} * 3 * 9);
  for (size_t i = 0; i < 16; ++i) {
    float* const filter = differences.data() + (i * 3 + i % 3) * 9;
    filter[4] = i % 4 < 2 ? 1.0F : -1.0F;
    filter[i % 2 == 0 ? 5 : 7] = -filter[4];
  }
  const ValueId threshold = b.floats({16}, std::vector<float>(16, -0.6F));
  x = relu(b, b.conv(x, b.floats({16, 3, 3, 3}, std::move(differences)), threshold, {}));
  for (uint32_t i = 1; i < 7; ++i) {
    b.set_path("model." + std::to_string(i));
    x = sine(b, b.conv(x, weight(b, {16, 16, 3, 3}, i, 3), std::nullopt, {.pads = {1, 1, 1, 1}}));
  }
  b.set_path("head");
  b.output("output0", b.conv(x, weight(b, {4, 16, 1, 1}, 100, 20.0F), std::nullopt, {}));
  auto graph = std::move(b).finish();
  EXPECT_TRUE(graph) << graph.error().text();
  model.graph = *std::move(graph);
  model.inputs = {{"images", "NCHW", Role::kImage, {}}};
  model.outputs = {{"output0", "NCHW", Role::kBoxesPx, {}}};
  return model;
}

double worst_share(const SourceModel& model, const Graph& graph, const Trial& trial) {
  const auto inputs = *trial_inputs(model, trial);
  const auto expected = evaluate({model.graph, inputs, {}}), found = evaluate({graph, inputs, {}});
  EXPECT_TRUE(expected && found);
  const auto figures =
      compare(expected->outputs, found->outputs, model.outputs, limits_for(kHalf, default_tolerance(kHalf)));
  EXPECT_TRUE(figures) << figures.error().text();
  double worst = 0;
  for (const Comparison& figure : *figures) worst = std::max(worst, figure.max_difference / figure.limit);
  return worst;
}

/// What photo-like images hide: charts are held to the whole limit.
TEST_F(HalfPrecisionTest, ChartsAreWithinTheLimits) {
  const SourceModel model = sees_edges();
  const auto all = to_half(model.graph, std::vector(model.graph.nodes.size(), NodePrecision::kFloat16));
  ASSERT_TRUE(all) << all.error().text();
  EXPECT_EQ(worst_share(model, *all, {1, 32, 32, 0}), 0.0) << "a photo-like image shows what float16 costs";
  EXPECT_GT(worst_share(model, *all, {1, 32, 32, 0, Trial::Picture::kTestChart}), 1.0) << "float16 costs nothing";
  for (const Precision half : {kHalf, kHalfWeights}) {
    const auto chosen = choose_half_precision(model, model.graph, half, 0.02);
    ASSERT_TRUE(chosen) << chosen.error().text();
    const auto rounded = to_half(model.graph, chosen->nodes);
    ASSERT_TRUE(rounded) << rounded.error().text();
    for (uint32_t chart = 0; chart < 7; ++chart) {
      EXPECT_LE(worst_share(model, *rounded, {1, 32, 32, chart, Trial::Picture::kTestChart}), 1.0) << "chart " << chart;
    }
  }
}

TEST_F(HalfPrecisionTest, AToleranceAllowsWhatIsAskedFor) {
  const auto proof = export_half(deep(), "onnx", 1.0);
  ASSERT_TRUE(proof) << proof.error().text();
  for (const AgainstCheckpoint& entry : artifact_against_checkpoint(*proof))
    EXPECT_LE(entry.figure.limit, entry.figure.role == Role::kBoxesPx ? 25.0 : 1.0);
}

/// SHA-256 of every file of an export of a fixture.
std::vector<std::string> digests(const std::string& format, Validation validate,
                                 const std::string& fixture = "yolo11-last", HeadChoice head = HeadChoice::kDefault) {
  const fs::path folder = fs::temp_directory_path() / ("modelport-half-bytes-" + std::to_string(::getpid()));
  fs::remove_all(folder);
  ExportRequest request{std::string(MODELPORT_SOURCE_DIR) + "/tests/fixtures/" + fixture + ".pt",
                        {{find_format(format), folder.string(), {}}}};
  request.targets[0].options.build.image_size = {64, 64};
  request.targets[0].options.precision = find_format(format)->format->half;
  request.targets[0].options.validate = validate;
  request.targets[0].options.build.head = head;
  const Status status = run_export(ultralytics_trainer(), request, {})[0];
  EXPECT_TRUE(status) << format << ": " << status.error().text();
  std::vector<std::string> list;
  for (const std::string_view name : find_format(format)->format->files) {
    auto file = MappedFile::open((folder / name).string());
    EXPECT_TRUE(file) << name;
    if (file) list.push_back(sha256_hex((*file)->bytes()));
  }
  fs::remove_all(folder);
  return list;
}

TEST_F(HalfPrecisionTest, BytesDependOnNeitherValidationNorInstructionSet) {
  for (const std::string format : kFormats) {
    const std::vector<std::string> expected = digests(format, Validation::kOff);
    ASSERT_FALSE(expected.empty());
    std::vector<Validation> levels = {Validation::kStructure, Validation::kReference};
    if (choose_validation(*find_format(format), Validation::kRuntime, find_format(format)->format->half))
      levels.push_back(Validation::kRuntime);
    for (const Validation level : levels) EXPECT_EQ(digests(format, level), expected) << format;
    const InstructionSetLimit lowest(InstructionSet::kBaseline);
    EXPECT_EQ(digests(format, Validation::kOff), expected) << format << " with the lowest instruction set";
  }
}

/// Also where the decision has to search for layers that stay float32.
TEST_F(HalfPrecisionTest, BytesOfWholeExportsDependOnNeitherThreadsNorInstructionSet) {
  for (const auto& [fixture, format, head] : {std::tuple("yolo11-last", "onnx", HeadChoice::kDefault),
                                              std::tuple("yolo11-last", "openvino", HeadChoice::kDefault),
                                              std::tuple("yolo11-last", "torchscript", HeadChoice::kDefault),
                                              std::tuple("families/yolo26", "onnx", HeadChoice::kEndToEnd)}) {
    const auto exported = [&] { return digests(format, Validation::kOff, fixture, head); };
    const std::vector<std::string> expected = exported();
    ASSERT_FALSE(expected.empty());
    for (const unsigned threads : {1u, 5u}) {
      const ForcedPoolThreads forced(threads);
      EXPECT_EQ(exported(), expected) << fixture << " in " << format << " with " << threads << " threads";
      const InstructionSetLimit lowest(InstructionSet::kBaseline);
      EXPECT_EQ(exported(), expected) << fixture << " in " << format << " with " << threads
                                      << " threads and the lowest instruction set";
    }
  }
}

}  // namespace
}  // namespace modelport
