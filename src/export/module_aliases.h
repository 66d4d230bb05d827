#pragma once

#include "source/architecture.h"

namespace modelport {

/// kInvalidArgument for a class that the checkpoint does not hold, and for a target that the trainer does not
/// translate; the nearest is named.
Status check_module_aliases(const ModuleAliases& aliases, const Trainer& trainer, const Checkpoint& checkpoint);

}  // namespace modelport
