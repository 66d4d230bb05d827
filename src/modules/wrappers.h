#pragma once

#include "checkpoint/checkpoint_family.h"

namespace modelport {

/// The wrapper whose row fits this object, where it holds another object there; else null. Rows of one class are tried
/// in turn.
const Wrapper* find_wrapper(const PickleObject& object);

/// The module inside of what PyTorch and frameworks put around one (torch.compile, DataParallel, averages of weights),
/// however many there are; the object itself where there is none. A wrapper with forward hooks of its own stays.
const PickleObject& unwrapped(const PickleObject& object);

}  // namespace modelport
