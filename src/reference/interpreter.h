#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "ops/op_info.h"

namespace modelport {

/// One concrete result or operand: floats held as float or double by the evaluation's precision, integers as int64.
struct EvaluatedValue {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
  std::vector<float> floats;      ///< EvaluationPrecision::kFloat32 and a float dtype
  std::vector<double> doubles;    ///< EvaluationPrecision::kFloat64 and a float dtype
  std::vector<int64_t> integers;  ///< Integer and bool dtypes
};

struct EvaluationRequest {
  const Graph& graph;
  /// In the order of graph.inputs; float inputs are given as floats whatever the precision.
  std::vector<EvaluatedValue> inputs;
  SymbolValues symbols;
  EvaluationPrecision precision = EvaluationPrecision::kFloat32;
  /// Whether constants and attributes are rounded first to what a file holds (graph/attributes.h), or taken as their
  /// recipes and the operators say. In float32 constants are rounded in either case.
  enum class Constants { kExact, kRounded } constants = Constants::kExact;
  /// kRounded: products are rounded before they are added, as processors without fused multiply-add do. The results are
  /// then the same on every x86-64, with any number of threads.
  enum class Products { kFused, kRounded } products = Products::kFused;
  /// kMagnitudes: also report the largest magnitude of every value.
  enum class Measure { kNothing, kMagnitudes } measure = Measure::kNothing;
  enum class Keep { kOutputs, kOutputsAndProbes } keep = Keep::kOutputsAndProbes;
  /// What another evaluation found at the probes: whatever reads one of them reads that, so that what was chosen by it
  /// (TopK, suppression) is chosen again. The results hold what this evaluation computes.
  struct Replay {
    std::span<const EvaluatedValue> probes;  ///< In the order of graph.probes; empty: nothing is replayed.
    std::span<const size_t> only = {};       ///< Those that are read, by number; empty: all of them.
  };
  Replay replay = {};
};

struct EvaluationResult {
  std::vector<EvaluatedValue> outputs;  ///< In the order of graph.outputs.
  std::vector<EvaluatedValue> probes;   ///< In the order of graph.probes.
  std::vector<double> magnitudes;       ///< By ValueId, when measured; infinity where a value is not finite.
  size_t arena_bytes = 0;               ///< Peak of the planned memory.
};

/// What the graph computes, by the reference semantics of its operators. In kFloat32 every float value is rounded to
/// its dtype after the operator that made it (accumulation is float32); in kFloat64 nothing is rounded. Memory is one
/// arena planned from lifetimes; weights are pulled from their recipes just before use. Errors: kInternal for missing
/// symbols or shapes that do not match, kInterrupted, looked at between nodes (io/interrupt.h).
/// Evaluations take turns: one at a time computes, with all threads.
Result<EvaluationResult> evaluate(const EvaluationRequest& request);

}  // namespace modelport
