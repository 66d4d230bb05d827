#pragma once

#include <span>

#include "source/architecture.h"

namespace modelport::ultralytics {

/// What this trainer translates: one row per pair of root class and class of the last layer.
std::span<const Architecture> architecture_table();

/// Class of the last layer of root.model ("ultralytics.nn.modules.head.Detect"); "" when there is none.
std::string head_class(const PickleObject& root);

}  // namespace modelport::ultralytics
