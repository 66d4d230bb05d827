#pragma once

#include "formats/format.h"

namespace modelport::onnx {

/// ONNX: opsets 11 to 21, one file, proven in ONNX Runtime.
const Format& format();

}  // namespace modelport::onnx
