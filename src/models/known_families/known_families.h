#pragma once

#include "checkpoint/checkpoint_family.h"

namespace modelport {

/// What `modelport` knows of checkpoints, of every framework that it can name.
CheckpointFamilies known_families();

}  // namespace modelport
