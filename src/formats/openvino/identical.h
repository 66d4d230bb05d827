#pragma once

#include "formats/openvino/openvino_model.h"

namespace modelport::openvino {

/// kValidationFailed naming the first difference between what was to be written and what was read: layers in order with
/// their attributes, edges, types and names, every byte of every constant, and rt_info. Probes are not
/// compared: a file does not hold them.
Status require_identical_openvino(const OpenvinoModel& written, const OpenvinoModel& read);

}  // namespace modelport::openvino
