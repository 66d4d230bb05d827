#pragma once

#include <span>
#include <string_view>

#include "source/source_model.h"

namespace modelport {

/// A rewrite of a graph into an equivalent one. Equivalent up to float rounding, for every allowed size.
struct Pass {
  std::string_view name;
  std::string_view purpose;  ///< One sentence, for --help and docs.
  /// kAlways passes are part of what export means (batch norm is folded as Ultralytics' fuse() does, anchors are
  /// computed as its tracing does); kOptional ones are what `simplify` turns off.
  enum class Need { kAlways, kOptional } need;
  Result<Graph> (*run)(const Graph& graph);
};

/// All passes, in the order they run. pass_list.cpp is the visible list.
std::span<const Pass> pass_list();

enum class Simplify { kRequiredOnly, kAll };

/// Runs the list. The error of a failing pass carries its name.
Result<Graph> run_passes(const Graph& graph, Simplify simplify);

/// What to_half kept in float32 and why, for the log.
struct HalfReport {
  std::vector<std::string> kept_float32;  ///< "model.23.dfl.conv: box decoding", "model.4: reaches 7.1e4"
};

/// Float16 weights and arithmetic between Cast nodes; the graph's inputs and outputs stay float32. Nodes of
/// Numerics::kFloat32 (box decoding, anchors times stride), what reads their results, and what leaves the float16 range
/// stay float32. `magnitudes` is the largest |value| of the float32 reference by ValueId; empty when it was not
/// evaluated.
Result<Graph> to_half(const Graph& graph, std::span<const double> magnitudes, HalfReport& report);

}  // namespace modelport
