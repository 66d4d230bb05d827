#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "export/export_options.h"
#include "export/format_table.h"
#include "export/reference_outputs.h"
#include "reference/compare.h"

namespace modelport {

/// The gates of docs/proof.md for box coordinates, in input pixels; the others are relative, see Tolerance.
inline constexpr double kPixels = 0.02;
inline constexpr double kHalfPixels = 0.5;
/// How many times its own error another honest order of float32 accumulation may be from the truth.
inline constexpr double kOwnErrorFactor = 4.0;

/// One thing that was checked of a written file, with its figures.
struct Check {
  Validation kind = Validation::kStructure;
  std::string what;    ///< "the file read back is what was lowered", "ONNX Runtime 1.32.0 runs the file"
  std::string engine;  ///< With version; empty without one.
  Shape input_shape;   ///< Of the image it was run on; empty for structure.
  std::vector<Comparison> figures;
};

struct Proof {
  Validation level = Validation::kOff;
  std::vector<Check> checks;
  bool float64_gate = false;  ///< Whether the reference's own float32 error had to be measured.
};

/// The written file and everything it is held to.
struct ProofSubject {
  const SourceModel& model;     ///< Unfolded: the reference,
  ReferenceOutputs& reference;  ///< and what it computes.
  const Graph& exported;        ///< After passes (and to_half), in the format's own operators: what was lowered.
  const LoweredModel& lowered;
  const FormatRow& row;
  std::string path;                                        ///< The written file.
  WeightPrecision precision = WeightPrecision::kFloat32;   ///< Of the weights
  WeightPrecision arithmetic = WeightPrecision::kFloat32;  ///< and of what is computed with them.
  double relative_tolerance = 2e-5;

  /// The same, held to another description of the model.
  ProofSubject with(const SourceModel& described) const {
    return {described, reference, exported, lowered, row, path, precision, arithmetic, relative_tolerance};
  }
};

/// The documented default of `tolerance` for a precision.
double default_tolerance(WeightPrecision precision);

/// The strongest level this machine can reach for a format at a precision, and the requested one if it can;
/// kUnavailable with the command that would enable it where a level asked for by name cannot be reached.
Result<Validation> choose_validation(const FormatRow& row, std::optional<Validation> requested,
                                     WeightPrecision precision);

/// Proves the file up to `level`. kValidationFailed names the first group that differs and its figures.
Result<Proof> prove(const ProofSubject& subject, Validation level);

/// `extra_metadata.proof`, as convention/proof.schema.json describes it; kValidationFailed where a figure or a limit is
/// not finite, since that is no proof.
Result<Json> proof_json(const Proof& proof);

}  // namespace modelport
