#pragma once

#include "checkpoint/checkpoint_family.h"

namespace modelport::ultralytics {

/// What checkpoints of Ultralytics and of the original YOLOv5 hold.
const CheckpointFamily& family();
/// The same as the only one.
CheckpointFamilies families();

}  // namespace modelport::ultralytics
