#pragma once

#include "graph/graph.h"

namespace modelport {

/// The graph with float32 weights stored as float16 and cast to float32 where they are used: half the bytes, arithmetic
/// in float32. Single numbers, operands of Numerics::kFloat32 nodes (anchors, strides) and constants with elements
/// beyond float16's range stay as they are.
Result<Graph> half_weights(const Graph& graph);

}  // namespace modelport
