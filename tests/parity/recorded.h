#pragma once

#include <map>
#include <string>
#include <vector>

#include "reference/interpreter.h"
#include "source/architecture.h"

namespace modelport {

/// What the framework computed for one input, from tests/fixtures/NAME.ref.safetensors (format:
/// tests/fixtures/README.md).
struct RecordedTensor {
  Shape shape;                  ///< Of the whole tensor.
  std::vector<double> samples;  ///< All of it, or 1024 samples.

  /// Position of sample `k` in the whole, flattened tensor.
  int64_t position(size_t k) const;
};

struct RecordedCase {
  std::string name;  ///< "square", "pair", "oblong"
  Shape input_shape;
  std::vector<uint32_t> seeds;
  std::map<std::string, RecordedTensor> tensors;  ///< "output0", "output1", "logits"
  std::map<std::string, double> float32_error;    ///< "boxes", "scores", "logits": the framework's own.

  EvaluatedValue input() const;
};

struct RecordedFixture {
  std::string name;
  std::string checkpoint;  ///< Path.
  std::vector<RecordedCase> cases;
  ModuleAliases aliases;  ///< What its classes of the user's own stand for.
};

/// Every fixture of the project's own that has recorded outputs of an Ultralytics checkpoint.
std::vector<std::string> recorded_fixture_names();
Result<RecordedFixture> read_recorded_fixture(const std::string& name);

/// The literal translation of a fixture's checkpoint at the size of one case.
Result<SourceModel> build_fixture(const RecordedFixture& fixture, const RecordedCase& recorded);

/// What of a result is outside what the framework recorded, empty when it agrees. Boxes 0.02 px, scores 1e-4, logits
/// and features 2e-5 of their magnitude, or four times the framework's own float32 error where that is larger.
std::string disagreement(const SourceModel& model, const RecordedCase& recorded, const EvaluationResult& result);

}  // namespace modelport
