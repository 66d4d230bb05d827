#pragma once

#include "export/export_options.h"
#include "reference/compare.h"

namespace modelport {

/// How many times its own error another honest order of float32 accumulation may be from the truth.
inline constexpr double kOwnErrorFactor = 4.0;

/// The documented default of `tolerance` for a precision.
double default_tolerance(Precision precision);

/// The limits of docs/proof.md for artifacts of a precision, and their ceilings. `tolerance` is the relative limit;
/// where it is wider than a ceiling, that is as wide, and coordinates may be off by 25 px times it.
Tolerance limits_for(Precision precision, double tolerance);

}  // namespace modelport
