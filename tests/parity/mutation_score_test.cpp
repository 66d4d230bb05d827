#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>

#include "family_record.h"
#include "mutations.h"
#include "recorded.h"
#include "reference/photo_like_input.h"

namespace modelport {
namespace {

const std::string kSurvivors = std::string(MODELPORT_SOURCE_DIR) + "/tests/parity/mutation_survivors.txt";
const std::string kFamilySurvivors = std::string(MODELPORT_SOURCE_DIR) + "/tests/parity/family_survivors.txt";

/// "fixture | node | change", from the lines that are no comment.
std::set<std::string> listed_survivors(const std::string& path) {
  std::set<std::string> listed;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') listed.insert(line);
  }
  return listed;
}

bool is_rejected(const Mutant& mutant, const SourceModel& model, const RecordedCase& recorded) {
  const auto result = evaluate({mutant.graph, {recorded.input()}});
  return !result || !disagreement(model, recorded, *result).empty();
}

/// Every way to misread a node must change what the framework recorded; what does not is listed with its reason.
TEST(MutationScore, RecordedOutputsRejectEveryMutant) {
  const std::set<std::string> listed = listed_survivors(kSurvivors);
  std::set<std::string> survivors;
  size_t mutants = 0;
  for (const std::string& name : recorded_fixture_names()) {
    const auto fixture = read_recorded_fixture(name);
    ASSERT_TRUE(fixture) << fixture.error().text();
    std::vector<SourceModel> models;
    for (const RecordedCase& recorded : fixture->cases) {
      auto model = build_fixture(*fixture, recorded);
      ASSERT_TRUE(model) << model.error().text();
      models.push_back(*std::move(model));
    }
    for (size_t node = 0; node < models[0].graph.nodes.size(); ++node) {
      const auto id = static_cast<NodeId>(node);
      for (const Mutant& mutant : mutants_of(models[0].graph, id)) {
        ++mutants;
        if (is_rejected(mutant, models[0], fixture->cases[0])) continue;
        // The fixture's other size, with a batch: there the change may also be no graph any more.
        bool rejected = true;
        for (const Mutant& again : mutants_of(models[2].graph, id)) {
          if (again.change == mutant.change) rejected = is_rejected(again, models[2], fixture->cases[2]);
        }
        if (!rejected) survivors.insert(name + " | " + mutant.node + " | " + mutant.change);
      }
    }
  }
  for (const std::string& survivor : survivors)
    EXPECT_TRUE(listed.contains(survivor)) << "survives and is not listed: " << survivor;
  for (const std::string& line : listed)
    EXPECT_TRUE(survivors.contains(line)) << "is listed and does not survive: " << line;
  std::cout << "mutation score: " << mutants - survivors.size() << " of " << mutants << " mutants rejected ("
            << survivors.size() << " survivors, each listed with its reason)\n";
}

/// The heads of every family, in both modes: what is theirs alone. Their blocks' nodes are those of the fixtures above.
TEST(MutationScore, RecordedFamiliesRejectEveryMutantOfTheirHeads) {
  const std::set<std::string> listed = listed_survivors(kFamilySurvivors);
  std::set<std::string> survivors;
  size_t mutants = 0;
  for (const std::string& path : families(FamilySources::kOurs)) {
    const auto record = read_family_record(path);
    ASSERT_TRUE(record) << record.error().text();
    const std::string head = "model." + std::to_string(record->layers.size() - 1);
    for (const auto& [mode, described] : record->modes.items()) {
      const auto model = build_family(path, *record, mode);
      ASSERT_TRUE(model) << model.error().text();
      const auto errors = family_errors(*model, *record);
      ASSERT_TRUE(errors) << errors.error().text();
      const EvaluatedValue input = photo_like_input(record->input_shape, record->seed);
      for (size_t node = 0; node < model->graph.nodes.size(); ++node) {
        if (!model->graph.nodes[node].path.starts_with(head)) continue;
        for (const Mutant& mutant : mutants_of(model->graph, static_cast<NodeId>(node))) {
          ++mutants;
          const auto result = evaluate({mutant.graph, {input}});
          if (!result || !family_disagreement(*model, *record, mode, *errors, *result).empty()) continue;
          survivors.insert(path.substr(path.rfind('/') + 1) + " " + mode + " | " + mutant.node + " | " + mutant.change);
        }
      }
    }
  }
  for (const std::string& survivor : survivors)
    EXPECT_TRUE(listed.contains(survivor)) << "survives and is not listed: " << survivor;
  for (const std::string& line : listed)
    EXPECT_TRUE(survivors.contains(line)) << "is listed and does not survive: " << line;
  std::cout << "mutation score: " << mutants - survivors.size() << " of " << mutants << " mutants of heads rejected ("
            << survivors.size() << " survivors, each listed with its reason)\n";
}

}  // namespace
}  // namespace modelport
