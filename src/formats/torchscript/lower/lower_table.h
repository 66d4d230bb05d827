#pragma once

#include <array>

#include "formats/legalize.h"
#include "formats/torchscript/lower/lowering.h"

namespace modelport {

/// Emits the statements of one graph node.
using TorchLowerFunction = Status (*)(const Node& node, TorchLowering& to);

/// What becomes of one operator of the catalogue. kNative: `emit`; kDecompose: the operator's decomposition; kRefuse:
/// never. `reason` says why where it is not native.
struct TorchLowerRow {
  Lower kind = Lower::kRefuse;
  TorchLowerFunction emit = nullptr;
  std::string_view reason;
};

/// Rows by Op index.
extern const std::array<TorchLowerRow, kOpCount> kTorchLowerTable;

}  // namespace modelport
