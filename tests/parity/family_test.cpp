#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/json.h"
#include "checkpoint/checkpoint.h"
#include "models/ultralytics/trainer.h"
#include "recorded.h"
#include "reference/compare.h"
#include "reference/photo_like_input.h"

/// One checkpoint of each family and task with what the framework's own export computed, layer by layer: our own in
/// tests/fixtures/families, and those below MODELPORT_TEST_DATA/fixtures/ultralytics (format ultra-ref-1: README.md
/// there), which say the same in the same way.
namespace modelport {
namespace {

/// Rows whose scores are closer than this may stand in either order.
constexpr double kTie = 2e-5;

std::vector<std::filesystem::path> family_folders() {
  std::vector<std::filesystem::path> folders = {std::filesystem::path(MODELPORT_SOURCE_DIR) /
                                                "tests/fixtures/families"};
  const char* folder = std::getenv("MODELPORT_TEST_DATA");
  if (folder && *folder) folders.push_back(std::filesystem::path(folder) / "fixtures/ultralytics");
  return folders;
}

/// Paths without the ending.
std::vector<std::string> families() {
  std::set<std::string> found;
  for (const std::filesystem::path& folder : family_folders()) {
    if (!std::filesystem::is_directory(folder)) continue;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      if (entry.path().extension() == ".pt") found.insert((folder / entry.path().stem()).string());
    }
  }
  return {found.begin(), found.end()};
}

struct FamilyRecord {
  Shape input_shape;
  uint32_t seed;
  Json modes, layers;
  std::map<std::string, std::vector<double>> samples;  ///< "raw.output0"
};

Result<FamilyRecord> read_record(const std::string& name) {
  TRY(file, open_checkpoint(name + ".ref.safetensors"));
  FamilyRecord record;
  TRY(input, parse_json(file.metadata.at("input"), ErrorCode::kDamaged));
  TRY(modes, parse_json(file.metadata.at("modes"), ErrorCode::kDamaged));
  TRY(layers, parse_json(file.metadata.at("layers"), ErrorCode::kDamaged));
  record.input_shape = input["shape"].get<Shape>();
  record.seed = input["seed"];
  record.modes = modes;
  record.layers = layers;
  for (const NamedTensor& tensor : list_tensors(file.root)) record.samples[tensor.name] = tensor.tensor.to_doubles();
  return record;
}

Result<SourceModel> build(const std::string& name, const Shape& input, HeadChoice head) {
  TRY(checkpoint, open_checkpoint(name + ".pt"));
  const Trainer trainer = ultralytics_trainer();
  for (const Architecture& architecture : trainer.architectures) {
    if (!architecture.matches(checkpoint)) continue;
    Ledger ledger(*model_root(checkpoint), trainer.ignore_rules);
    TRY(model, architecture.build(checkpoint, ledger,
                                  {.image_size = std::array{input[2], input[3]}, .batch = input[0], .head = head}));
    CHECK_OK(ledger.require_everything_accounted_for());
    return model;
  }
  return trainer.explain_mismatch(checkpoint);
}

/// Adds a probe "layer N" on what the last node of each top-level layer gives.
void probe_layers(Graph& graph, size_t count) {
  for (size_t i = 0; i + 1 < count; ++i) {
    const std::string path = "model." + std::to_string(i);
    for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); ++node) {
      if (node->path != path && !node->path.starts_with(path + ".")) continue;
      graph.probes.push_back({"layer " + std::to_string(i), node->outputs[0]});
      break;
    }
  }
}

/// The group that element `at` of `value` belongs to.
const ChannelGroup* group_of(const IoSpec& spec, const EvaluatedValue& value, int64_t at) {
  for (const ChannelGroup& group : spec.groups) {
    int64_t inner = 1;
    for (size_t axis = static_cast<size_t>(group.axis) + 1; axis < value.shape.size(); ++axis)
      inner *= value.shape[axis];
    const int64_t channel = at / inner % value.shape[static_cast<size_t>(group.axis)];
    if (channel >= group.begin && channel < group.end && (channel - group.begin) % group.step == 0) return &group;
  }
  return nullptr;
}

/// Whether the row of element `at` of ranked rows [1, D, C] could have changed places, or have fallen out.
bool may_move(const IoSpec& spec, const EvaluatedValue& value, int64_t at) {
  const auto scores = std::ranges::find(spec.groups, "scores", &ChannelGroup::name);
  const int64_t width = value.shape[2], rows = value.shape[1], row = at / width % rows;
  const auto score = [&](int64_t r) { return value.floats[static_cast<size_t>(r * width + scores->begin)]; };
  if (at % width == scores->begin) return false;
  return row + 1 == rows || std::abs(score(row) - score(row + 1)) < kTie ||
         (row > 0 && std::abs(score(row) - score(row - 1)) < kTie);
}

double limit_of(Role role, double magnitude) {
  if (role == Role::kBoxesPx) return 0.02;
  if (role == Role::kScores) return 1e-4;
  return 2e-5 * std::max(1.0, magnitude);
}

/// `exact` is the same in float64: an output that float32 leaves uncertain is recorded no better than that, and is held
/// to four times its own distance, as docs/proof.md holds an engine.
void expect_recorded(const IoSpec& spec, const EvaluatedValue& value, const EvaluatedValue& exact,
                     const RecordedTensor& recorded) {
  ASSERT_EQ(value.shape, recorded.shape);
  double magnitude = 0;
  for (const double sample : recorded.samples) magnitude = std::max(magnitude, std::abs(sample));
  const auto errors = own_error(std::array{value}, std::array{exact}, std::array{spec});
  ASSERT_TRUE(errors) << errors.error().text();
  size_t compared = 0;
  for (size_t k = 0; k < recorded.samples.size(); ++k) {
    const int64_t at = recorded.position(k);
    if (spec.rows == Rows::kRanked && may_move(spec, value, at)) continue;
    const ChannelGroup* group = group_of(spec, value, at);
    ASSERT_TRUE(group || spec.groups.empty()) << "element " << at << " belongs to no group";
    const Role role = group ? group->role : spec.role;
    ++compared;
    const double uncertain = 4 * (*errors)[group ? static_cast<size_t>(group - spec.groups.data()) : 0];
    ASSERT_NEAR(value.floats[static_cast<size_t>(at)], recorded.samples[k],
                std::max(limit_of(role, magnitude), uncertain))
        << (group ? group->name : spec.name) << " at " << at;
  }
  EXPECT_GT(2 * compared, recorded.samples.size()) << "rows of nearly equal scores hide most of the output";
}

void expect_layers(const SourceModel& model, const EvaluationResult& result, const Json& layers) {
  size_t compared = 0;
  for (size_t i = model.probes.size(); i < result.probes.size(); ++i) {
    const EvaluatedValue& value = result.probes[i];
    const Json& layer = layers[std::stoul(value.name.substr(value.name.find(' ')))];
    if (!layer.contains("samples")) continue;
    RecordedTensor recorded{layer["shape"].get<Shape>(), layer["samples"].get<std::vector<double>>()};
    const std::string type = layer["type"];
    ASSERT_EQ(value.shape, recorded.shape) << value.name << " " << type;
    double magnitude = 1;
    for (const double sample : recorded.samples) magnitude = std::max(magnitude, std::abs(sample));
    for (size_t k = 0; k < recorded.samples.size(); ++k) {
      const auto at = static_cast<size_t>(recorded.position(k));
      ASSERT_NEAR(value.floats[at], recorded.samples[k], 1e-4 * magnitude) << value.name << " " << type << " at " << at;
    }
    ++compared;
  }
  const auto recorded = std::ranges::count_if(layers, [](const Json& layer) { return layer.contains("samples"); });
  EXPECT_GE(compared + 3, static_cast<size_t>(recorded)) << "layers were not compared";
}

class Families : public testing::TestWithParam<std::string> {};

TEST_P(Families, ComputeWhatTheFrameworksExportComputed) {
  const auto record = read_record(GetParam());
  ASSERT_TRUE(record) << record.error().text();
  for (const auto& [mode, described] : record->modes.items()) {
    SCOPED_TRACE(mode);
    auto model = build(GetParam(), record->input_shape, mode == "e2e" ? HeadChoice::kEndToEnd : HeadChoice::kDefault);
    ASSERT_TRUE(model) << model.error().text();
    probe_layers(model->graph, record->layers.size());
    const auto result = evaluate({model->graph, {photo_like_input(record->input_shape, record->seed)}});
    ASSERT_TRUE(result) << result.error().text();
    const auto exact = evaluate({.graph = model->graph,
                                 .inputs = {photo_like_input(record->input_shape, record->seed)},
                                 .precision = Precision::kFloat64});
    ASSERT_TRUE(exact) << exact.error().text();
    expect_layers(*model, *result, record->layers);
    ASSERT_EQ(model->outputs.size(), described["outputs"].size());
    for (size_t i = 0; i < model->outputs.size(); ++i) {
      const IoSpec& spec = model->outputs[i];
      SCOPED_TRACE(spec.name);
      ASSERT_EQ(result->outputs[i].name, spec.name);
      expect_recorded(
          spec, result->outputs[i], exact->outputs[i],
          {described["outputs"][spec.name]["shape"].get<Shape>(), record->samples.at(mode + "." + spec.name)});
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Families, testing::ValuesIn(families()), [](const auto& fixture) {
  const std::filesystem::path path(fixture.param);
  std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace modelport
