#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "reference/interpreter.h"
#include "source/source_model.h"

namespace modelport {

/// How far a value may be from its reference. Documented in docs/proof.md; set per precision of the artifact, never
/// from what was measured of it.
struct Tolerance {
  double relative =
      2e-5;  ///< Of logits, scores, features: times max(1, largest magnitude of the reference in the channel group).
  double pixels =
      0.02;  ///< Of coordinates, in input pixels; of parts of the input, also `relative` of its shorter side.
  /// Ceilings: how far the error of the reference's own precision may widen the two above, and no further.
  double widest_relative = 2e-2;
  double widest_pixels = 1.5;
  double widest_part = 5e-4;  ///< Of coordinates also this part of the largest, or of the input's longer side.
  /// Of class numbers, the part that may be others: where two classes are nearly equal, rounding decides.
  double share() const { return std::min(50 * relative, 0.02); }
};

/// The figures of one channel group of one value.
struct Comparison {
  std::string value;  ///< "output0", "class_logits"
  std::string group;  ///< "boxes"
  Role role = Role::kFeatures;
  double max_difference = 0.0;  ///< Largest |actual - reference|, of coordinates in input pixels; infinity where either
                                ///< is not finite and they differ; of class numbers the part that differs.
  double limit = 0.0;           ///< What it was held to, in the same unit.
  double reference_magnitude = 0.0;
  double cosine = 1.0;
  std::string worst_index;    ///< "[0, 3, 1021]"
  int64_t replaced_rows = 0;  ///< Of ranked rows: how many were not compared (ranked_rows.h).
  enum class Verdict { kAgrees, kDiffers } verdict = Verdict::kAgrees;
};

/// Largest tolerated difference for a group, by role: `pixels`, `share()`, for scores `relative`, else
/// `relative * max(1, magnitude)`.
double limit_for(const Tolerance& tolerance, Role role, double reference_magnitude);

/// Its unit, of its limit and of the reference's magnitude: "px" for coordinates, else "".
std::string_view unit_of(const Comparison& figure);
/// The same for text: " px" or "".
std::string unit_behind_number(const Comparison& figure);

/// Compares every channel group of `actual` with `reference`, in order of specs; coordinates in pixels of spec.image.
/// Shapes must agree (kValidationFailed when not). `at_least`, when not empty, holds per group a limit that is used
/// where it is larger, up to the tolerance's ceiling. A limit or a figure that is not finite never agrees. Ranked rows
/// are aligned first (ranked_rows.h); kValidationFailed where more than half of them had to be left out.
Result<std::vector<Comparison>> compare(std::span<const EvaluatedValue> reference,
                                        std::span<const EvaluatedValue> actual, std::span<const IoSpec> specs,
                                        const Tolerance& tolerance, std::span<const double> at_least = {});

bool all_agree(std::span<const Comparison> comparisons);

/// Per channel group, the largest difference of two evaluations, in the order compare() reports: how far a reference in
/// lower precision is from one in higher. Ranked rows are aligned as if the scores were held to twice their own error.
Result<std::vector<double>> own_error(std::span<const EvaluatedValue> lower, std::span<const EvaluatedValue> higher,
                                      std::span<const IoSpec> specs);

}  // namespace modelport
