#pragma once

#include "models/ultralytics/translation.h"

namespace modelport::ultralytics {

/// A class of the user's own whose forward() applies its children one after another, in the order in which
/// ModuleAliases::chains names them. Its own settings are not read: only its children and tensors compute.
Result<ValueId> apply_chain(Translation& t, const ModuleView& module, std::span<const std::string> children,
                            std::span<const ValueId> inputs);

}  // namespace modelport::ultralytics
