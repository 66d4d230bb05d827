#pragma once

#include "base/json.h"
#include "source/architecture.h"

namespace modelport {

/// The option module_aliases: an object, or the path of a JSON file that holds one, from class names in the checkpoint
/// to the class of the framework that each stands for, or to the list of children that its forward() applies one after
/// another. Names that stand for names are followed. kInvalidArgument names what is of another kind and every cycle.
Result<ModuleAliases> read_module_aliases(const Json& value);

/// kInvalidArgument for a class that the checkpoint does not hold, and for a target that the trainer does not
/// translate; the nearest is named.
Status check_module_aliases(const ModuleAliases& aliases, const Trainer& trainer, const Checkpoint& checkpoint);

/// The same object again, with every name followed to its end.
Json module_aliases_json(const ModuleAliases& aliases);

}  // namespace modelport
