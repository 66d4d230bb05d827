#pragma once

#include <span>
#include <vector>

#include "reference/interpreter.h"
#include "source/source_model.h"

namespace modelport {

/// Whether the model chooses rows by its own numbers, so that two honest evaluations may choose otherwise.
bool chooses_rows(const SourceModel& model);

/// The values that equally many choices (TopK, suppression) in a row lie before. They are held to a reference that
/// makes those choices as it was found that they were made, and takes nothing else from what was found. Ranked outputs,
/// which are the last choice's own, are in no stage.
struct ChoiceStage {
  std::vector<size_t> outputs, probes;  ///< Of the model, by number.
  std::vector<size_t> replayed;         ///< The probes of earlier stages; empty in the first.
};

/// In order. One stage with everything where the model chooses no rows.
std::vector<ChoiceStage> choice_stages(const SourceModel& model);

/// What one side has in a stage, and what it is.
struct StageValues {
  std::vector<EvaluatedValue> values;
  std::vector<IoSpec> specs;
};
StageValues values_in(const ChoiceStage& stage, const SourceModel& model, std::span<const EvaluatedValue> outputs,
                      std::span<const EvaluatedValue> probes);

}  // namespace modelport
