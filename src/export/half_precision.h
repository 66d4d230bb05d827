#pragma once

#include "export/export_options.h"
#include "export/precision_report.h"

namespace modelport {

/// What of a graph is float16 and what is not.
struct HalfPrecision {
  std::vector<NodePrecision> nodes;  ///< By NodeId, for to_half().
  PrecisionReport report;
};

/// Decides from the model and the options alone: what leaves float16's range stays float32, and as few further layers
/// as it takes to bring the rounded graph within half of limits_for(half, tolerance) of `graph` on photo-like
/// images, and within all of them on charts, in float32 arithmetic whose rounding is the same on every processor and
/// with any number of threads. kValidationFailed naming the layers where less than half of the bytes of weights can be
/// float16, unless the options give a tolerance.
Result<HalfPrecision> choose_half_precision(const SourceModel& model, const Graph& graph, Precision half,
                                            std::optional<double> tolerance);

}  // namespace modelport
