#pragma once

#include <array>

#include "formats/legalize.h"
#include "formats/torchscript/lower/lowering.h"

namespace modelport::torchscript {

/// Emits the statements of one graph node.
using LowerFunction = Status (*)(const Node& node, Lowering& to);

/// What becomes of one operator of the catalogue. kNative: `emit`; kDecompose: the operator's decomposition; kRefuse:
/// never. `reason` says why where it is not native.
struct LowerRow {
  Lower kind = Lower::kRefuse;
  LowerFunction emit = nullptr;
  std::string_view reason;
};

/// Rows by Op index.
extern const std::array<LowerRow, kOpCount> kLowerTable;

}  // namespace modelport::torchscript
