#pragma once

#include <array>

#include "formats/legalize.h"
#include "formats/openvino/lower/lowering.h"

namespace modelport {

/// Emits the layers of one graph node.
using OpenvinoLowerFunction = Status (*)(const Node& node, OpenvinoLowering& to);

/// What becomes of one operator of the catalogue. kNative: `emit`; kDecompose: the operator's decomposition; kRefuse:
/// never. `reason` says why where it is not native.
struct OpenvinoLowerRow {
  Lower kind = Lower::kRefuse;
  OpenvinoLowerFunction emit = nullptr;
  std::string_view reason;
};

/// Rows by Op index.
extern const std::array<OpenvinoLowerRow, kOpCount> kOpenvinoLowerTable;

}  // namespace modelport
