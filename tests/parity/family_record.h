#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "recorded.h"

namespace modelport {

/// What the framework's own export of one checkpoint of a family computed (tests/fixtures/README.md, families).
struct FamilyRecord {
  Shape input_shape;
  uint32_t seed;
  Json modes, layers;
  std::map<std::string, std::vector<double>> samples;  ///< "raw.output0"
};

enum class FamilySources {
  kOurs,       ///< tests/fixtures/families.
  kAllAtHand,  ///< And those below MODELPORT_TEST_DATA/fixtures/ultralytics (format ultra-ref-1: README.md there).
};
/// Paths without the ending.
std::vector<std::string> families(FamilySources sources);
Result<FamilyRecord> read_family_record(const std::string& path);
/// The literal translation; `mode`: "raw", or "e2e" for the end-to-end head.
Result<SourceModel> build_family(const std::string& path, const FamilyRecord& record, const std::string& mode);

/// Per output and group, how far float32 leaves the model's outputs uncertain on the recorded input.
using FamilyErrors = std::vector<std::vector<double>>;
Result<FamilyErrors> family_errors(const SourceModel& model, const FamilyRecord& record);

/// What of the outputs is not what was recorded, empty when they agree. Boxes 0.02 px, scores 1e-4, else 2e-5 of the
/// magnitude, or four times what float32 leaves uncertain. Ranked rows of nearly equal scores may change places; where
/// that hides most of an output, it disagrees.
std::string family_disagreement(const SourceModel& model, const FamilyRecord& record, const std::string& mode,
                                const FamilyErrors& errors, const EvaluationResult& result);

}  // namespace modelport
