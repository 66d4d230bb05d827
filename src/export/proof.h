#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "export/export_options.h"
#include "export/format_table.h"
#include "export/precision_limits.h"
#include "export/precision_report.h"
#include "export/reference_outputs.h"
#include "reference/compare.h"

namespace modelport {

/// One thing that was checked of a written file, with its figures.
struct Check {
  Validation kind = Validation::kStructure;
  std::string what;    ///< "the file read back is what was lowered", "ONNX Runtime 1.32.0 runs the file"
  std::string engine;  ///< With version; empty without one.
  Shape input_shape;   ///< Of the image it was run on; empty for structure.
  std::vector<Comparison> figures;
  /// Whether the figures are of what was written, with all its rounding, against what the checkpoint computes, or of
  /// one link between the two.
  enum class Holds { kLink, kArtifactAgainstCheckpoint } holds = Holds::kLink;
  /// kBeforeChoices: only of what rows are chosen by, held to a reference that takes nothing but choices from what was
  /// found.
  enum class Scope { kEverything, kBeforeChoices } scope = Scope::kEverything;
};

struct Proof {
  Validation level = Validation::kOff;
  std::vector<Check> checks;
  std::optional<PrecisionReport> precision;  ///< Of a `half` export.
  bool float64_gate = false;                 ///< Whether the reference's own float32 error had to be measured.
};

/// What the artifact is from the checkpoint in one channel group of one output or probe.
struct AgainstCheckpoint {
  Comparison figure;  ///< Of the trial where it is the largest part of its limit.
  std::string in;     ///< "reference evaluation", "ONNX Runtime 1.32.0"
};
/// From all checks that hold the artifact to the checkpoint; empty below kReference.
std::vector<AgainstCheckpoint> artifact_against_checkpoint(const Proof& proof);

/// The written file and everything it is held to.
struct ProofSubject {
  const SourceModel& model;     ///< Unfolded: the reference,
  ReferenceOutputs& reference;  ///< and what it computes.
  const Graph& exported;        ///< After passes (and to_half), in the format's own operators: what was lowered.
  const LoweredModel& lowered;
  const FormatRow& row;
  std::string path;  ///< The written file.
  Precision precision{};
  double tolerance = default_tolerance({});

  /// The same, held to another description of the model.
  ProofSubject with(const SourceModel& described) const {
    return {described, reference, exported, lowered, row, path, precision, tolerance};
  }
};

/// The strongest level this machine can reach for a format at a precision, and the requested one if it can;
/// kUnavailable with the command that would enable it where a level asked for by name cannot be reached.
Result<Validation> choose_validation(const FormatRow& row, std::optional<Validation> requested, Precision precision);

/// Proves the file up to `level`: from kReference on, what was written, with its rounding, against what the checkpoint
/// computes, within limits_for() of the precision. kValidationFailed names the first group that differs and its
/// figures.
Result<Proof> prove(const ProofSubject& subject, Validation level);

/// `extra_metadata.proof`, as convention/proof.schema.json describes it; kValidationFailed where a figure or a limit is
/// not finite, and from kReference on where nothing holds the artifact to the checkpoint, since that is no proof.
Result<Json> proof_json(const Proof& proof);

}  // namespace modelport
