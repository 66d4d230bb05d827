#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "family_record.h"
#include "reference/photo_like_input.h"

/// One checkpoint of each family and task with what the framework's own export computed, layer by layer.
namespace modelport {
namespace {

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
  const auto record = read_family_record(GetParam());
  ASSERT_TRUE(record) << record.error().text();
  for (const auto& [mode, described] : record->modes.items()) {
    SCOPED_TRACE(mode);
    auto model = build_family(GetParam(), *record, mode);
    ASSERT_TRUE(model) << model.error().text();
    const auto errors = family_errors(*model, *record);
    ASSERT_TRUE(errors) << errors.error().text();
    probe_layers(model->graph, record->layers.size());
    const auto result = evaluate({model->graph, {photo_like_input(record->input_shape, record->seed)}});
    ASSERT_TRUE(result) << result.error().text();
    expect_layers(*model, *result, record->layers);
    EXPECT_EQ(family_disagreement(*model, *record, mode, *errors, *result), "");
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, Families, testing::ValuesIn(families(FamilySources::kAllAtHand)),
                         [](const auto& fixture) {
                           const std::filesystem::path path(fixture.param);
                           std::string name = path.parent_path().filename().string() + "_" + path.stem().string();
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace modelport
