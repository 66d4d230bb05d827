#include "export/precision_limits.h"

#include <array>

namespace modelport {

namespace {

constexpr double kPixelsPerTolerance = 25.0;

/// By precision: the limits of docs/proof.md, and their ceilings.
constexpr std::array<Tolerance, 2> kLimits = {{
    {.relative = 2e-5, .pixels = 0.02, .widest_relative = 2e-2, .widest_pixels = 1.5},
    {.relative = 2e-2, .pixels = 0.5, .widest_relative = 2e-2, .widest_pixels = 0.5},
}};

}  // namespace

double default_tolerance(WeightPrecision precision) { return kLimits[static_cast<size_t>(precision)].relative; }

Tolerance limits_for(WeightPrecision precision, double tolerance) {
  Tolerance limits = kLimits[static_cast<size_t>(precision)];
  limits.relative = tolerance;
  limits.pixels = std::max(limits.pixels, kPixelsPerTolerance * tolerance);
  limits.widest_relative = std::max(limits.widest_relative, limits.relative);
  limits.widest_pixels = std::max(limits.widest_pixels, limits.pixels);
  return limits;
}

}  // namespace modelport
