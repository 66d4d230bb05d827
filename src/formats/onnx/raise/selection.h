#pragma once

#include "formats/onnx/raise/raising.h"

namespace modelport::onnx {

/// What follows NonMaxSuppression up to ScatterND works on as many rows as boxes were kept. These answer whether the
/// node at hand is of that kind, and if so follow it.
Result<bool> raise_gather_of_selection(Raising& from);
bool raise_cast_of_selection(Raising& from);
Result<bool> raise_add_of_selection(Raising& from);

}  // namespace modelport::onnx
