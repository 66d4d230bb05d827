#include "export/choice_stages.h"

#include <algorithm>
#include <map>

namespace modelport {

namespace {

/// By value: how many choices in a row lie before it at most.
std::vector<int> choices_before(const Graph& graph) {
  std::vector<int> before(graph.values.size());
  for (const Node& node : graph.nodes) {
    int most = 0;
    for (const ValueId id : node.inputs) most = std::max(most, before[static_cast<size_t>(id)]);
    if (std::holds_alternative<TopK>(node.op) || std::holds_alternative<NonMaxSuppression>(node.op)) ++most;
    for (const ValueId id : node.outputs) before[static_cast<size_t>(id)] = most;
  }
  return before;
}

}  // namespace

bool chooses_rows(const SourceModel& model) {
  return std::ranges::any_of(model.outputs, [](const IoSpec& spec) { return spec.rows == Rows::kRanked; });
}

std::vector<ChoiceStage> choice_stages(const SourceModel& model) {
  const std::vector<int> before =
      chooses_rows(model) ? choices_before(model.graph) : std::vector<int>(model.graph.values.size());
  const auto number_of = [&](const NamedValue& named) { return before[static_cast<size_t>(named.value)]; };
  std::map<int, ChoiceStage> by_number;
  for (size_t i = 0; i < model.outputs.size(); ++i) {
    if (model.outputs[i].rows != Rows::kRanked) by_number[number_of(model.graph.outputs[i])].outputs.push_back(i);
  }
  for (size_t i = 0; i < model.probes.size(); ++i) by_number[number_of(model.graph.probes[i])].probes.push_back(i);
  std::vector<ChoiceStage> stages;
  std::vector<size_t> earlier;
  for (auto& [number, stage] : by_number) {
    stage.replayed = earlier;
    earlier.insert(earlier.end(), stage.probes.begin(), stage.probes.end());
    stages.push_back(std::move(stage));
  }
  return stages;
}

StageValues values_in(const ChoiceStage& stage, const SourceModel& model, std::span<const EvaluatedValue> outputs,
                      std::span<const EvaluatedValue> probes) {
  StageValues taken;
  for (const size_t i : stage.outputs) {
    taken.values.push_back(outputs[i]);
    taken.specs.push_back(model.outputs[i]);
  }
  for (const size_t i : stage.probes) {
    taken.values.push_back(probes[i]);
    taken.specs.push_back(model.probes[i]);
  }
  return taken;
}

}  // namespace modelport
