#pragma once

#include "modules/module_view.h"
#include "weights/weights.h"

namespace modelport {

/// The parameters and buffers of a module and of all below it, as layers read them. Hooks of torch that make a weight
/// from others are followed (made_weight.h).
Weights weights_of(const ModuleView& module);

}  // namespace modelport
