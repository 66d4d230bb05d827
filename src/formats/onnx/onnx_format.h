#pragma once

#include "formats/format.h"

namespace modelport {

/// ONNX: opsets 11 to 21, one file, proven in ONNX Runtime.
const Format& onnx_format();

}  // namespace modelport
