#pragma once

#include <span>

#include "source/architecture.h"

namespace modelport::ultralytics {

/// What this trainer translates: one row per pair of root class and class of the last layer.
std::span<const Architecture> architecture_table();

/// Class of the model ("ultralytics.nn.tasks.DetectionModel"), after aliases; "" when the checkpoint holds none.
std::string root_class(const Checkpoint& checkpoint);

/// Class of the last layer of root.model ("ultralytics.nn.modules.head.Detect"), after aliases; "" when there is none.
std::string head_class(const Checkpoint& checkpoint);

}  // namespace modelport::ultralytics
