#pragma once

#include "formats/format.h"

namespace modelport::openvino {

/// OpenVINO IR version 11 for OpenVINO 2023 and later: model.xml and model.bin, proven in
/// OpenVINO.
const Format& format();

}  // namespace modelport::openvino
