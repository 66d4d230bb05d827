#include "export/precision_limits.h"

#include <algorithm>
#include <array>

namespace modelport {

namespace {

constexpr double kPixelsPerTolerance = 25.0;

/// The limits of docs/proof.md for artifacts of a precision, and their ceilings.
struct Limits {
  DType weights;
  Tolerance tolerance;
};
constexpr std::array<Limits, 2> kLimits = {{
    {DType::kFloat32, {.relative = 2e-5, .pixels = 0.02, .widest_relative = 2e-2, .widest_pixels = 1.5}},
    {DType::kFloat16, {.relative = 2e-2, .pixels = 0.5, .widest_relative = 2e-2, .widest_pixels = 0.5}},
}};

const Tolerance& limits_of(Precision precision) {
  return std::ranges::find(kLimits, precision.weights, &Limits::weights)->tolerance;
}

}  // namespace

double default_tolerance(Precision precision) { return limits_of(precision).relative; }

Tolerance limits_for(Precision precision, double tolerance) {
  Tolerance limits = limits_of(precision);
  limits.relative = tolerance;
  limits.pixels = std::max(limits.pixels, kPixelsPerTolerance * tolerance);
  limits.widest_relative = std::max(limits.widest_relative, limits.relative);
  limits.widest_pixels = std::max(limits.widest_pixels, limits.pixels);
  return limits;
}

}  // namespace modelport
