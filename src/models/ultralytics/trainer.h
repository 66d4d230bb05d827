#pragma once

#include "source/architecture.h"

namespace modelport {

/// Ultralytics checkpoints: YOLOv8 and YOLO11 detectors and classifiers at every scale, and custom yamls of their
/// modules, translated from the module tree that the checkpoint carries.
Trainer ultralytics_trainer();

}  // namespace modelport
