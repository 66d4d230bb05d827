#pragma once

#include <array>

#include "formats/onnx/layout.h"
#include "formats/onnx/lower/lowering.h"

namespace modelport::onnx {

/// Emits the ONNX form of one graph node.
using LowerFunction = Status (*)(const Node& node, Lowering& to);

/// What becomes of one operator of the catalogue. kNative: `emit` from opset `since` on, below it the operator's
/// decomposition; kDecompose: always the decomposition; kRefuse: never. `reason` says why where it is not native.
struct LowerRow {
  Lower kind = Lower::kRefuse;
  int64_t since = layout::kOldestOpset;
  LowerFunction emit = nullptr;
  std::string_view reason;
};

/// Rows by Op index.
extern const std::array<LowerRow, kOpCount> kLowerTable;

/// The graph with every operator that this opset lacks replaced by its decomposition. kInvalidArgument naming the
/// operator, its module and the opset that would do.
Result<Graph> legalize(const Graph& graph, int64_t opset);

}  // namespace modelport::onnx
