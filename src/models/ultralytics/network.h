#pragma once

#include "models/ultralytics/translation.h"

namespace modelport::ultralytics {

/// The layers of a BaseModel, root.model, in the order and with the inputs that each layer's `f` says
/// (ultralytics/nn/tasks.py, BaseModel._predict_once). kInconsistentModel when a layer reads one that is not there or
/// that `save` does not keep. Returns the last layer's output.
Result<ValueId> run_layers(Translation& t, const ModuleView& root, ValueId image);

}  // namespace modelport::ultralytics
