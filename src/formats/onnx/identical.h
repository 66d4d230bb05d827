#pragma once

#include "formats/onnx/onnx_model.h"

namespace modelport::onnx {

/// kValidationFailed naming the first difference between what was to be written and what was read: versions, metadata,
/// declared types, nodes in order with every attribute, initializers in order with every byte. Probes are not compared:
/// a file does not hold them.
Status require_identical_onnx(const OnnxModel& written, const OnnxModel& read);

}  // namespace modelport::onnx
