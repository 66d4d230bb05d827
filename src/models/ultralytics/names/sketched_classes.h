#pragma once

#include <span>

#include "checkpoint/checkpoint_family.h"

namespace modelport::ultralytics {

/// What the framework's blocks do to channels and sizes, as far as sketches draw it.
std::span<const SketchedClass> sketched_classes();

}  // namespace modelport::ultralytics
