#pragma once

#include "formats/openvino/raise/raising.h"

namespace modelport::openvino {

/// What follows NonMaxSuppression up to ScatterNDUpdate works on as many rows as boxes were kept. These answer whether
/// the layer is one of those, and then have defined its output.
Result<bool> gather_of_selection(Raising& from);
bool convert_of_selection(Raising& from);
Result<bool> add_of_selection(Raising& from);

}  // namespace modelport::openvino
